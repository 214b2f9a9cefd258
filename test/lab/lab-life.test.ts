import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { after, describe, it } from "node:test";
import { retry } from "../../src/lib/retry.ts";
import { startFakeKubelet } from "./fake-kubelet.ts";
import { isAlive, labUnderTest, listenersOf, processesOf } from "./lab-under-test.ts";

const PARTS = [
  "derper",
  "headscale",
  "tailscaled",
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
];

// One story, in order: each part goes on from where the last one left the lab.
void describe("the lab's life", { timeout: 600_000 }, () => {
  const lab = labUnderTest();
  const clusterId = () => lab.ask("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}");
  let firstClusterId = "";
  after(() => lab.remove());

  void it("comes up from nothing, every part ready", async () => {
    const { exitCode, output } = await lab.stargate("lab", "up");
    assert.equal(exitCode, 0, output);

    const { state, parts } = await lab.status();
    assert.equal(state, "up");
    assert.deepEqual(
      parts.map(({ name, state: partState, restarts }) => ({ name, partState, restarts })),
      PARTS.map((name) => ({ name, partState: "ready", restarts: 0 })),
    );
    firstClusterId = await clusterId();
  });

  void it("listens on loopback only", async () => {
    const { parts } = await lab.status();
    const addresses = await listenersOf([lab.supervisorPid(), ...parts.flatMap(({ pid }) => pid ?? [])]);

    assert.ok(addresses.length >= PARTS.length, addresses.join(" "));
    assert.deepEqual(
      addresses.filter((address) => !address.startsWith("127.0.0.1:")),
      [],
    );
  });

  void it("has what a joining worker asks for, and leads it to where it reaches the API server", async () => {
    const kubeadm = await lab.ask("get", "configmap", "-n", "kube-system", "kubeadm-config", "-o", "yaml");
    assert.match(kubeadm, /certificatesDir: \/etc\/kubernetes\/pki/);
    const info = await lab.ask("get", "configmap", "-n", "kube-public", "cluster-info", "-o", "yaml");
    assert.ok(info.includes(lab.state().workerApiServer), info);
    await lab.ask("get", "configmap", "-n", "kube-system", "kubelet-config");
    const joiner = [
      "--as=system:bootstrap:abcdef",
      "--as-group=system:bootstrappers:kubeadm:default-node-token",
    ];
    for (const [verb, what] of [
      ["create", "certificatesigningrequests"],
      ["get", "configmap/kubeadm-config"],
      ["get", "configmap/kubelet-config"],
    ] as const) {
      assert.match(await lab.ask("auth", "can-i", verb, what, "-n", "kube-system", ...joiner), /yes/, what);
    }
    const nobody = ["--as=system:anonymous", "--as-group=system:unauthenticated"];
    await lab.ask("get", "configmap", "-n", "kube-public", "cluster-info", ...nobody);
  });

  void it("has its add-ons, told where this lab's API server is and in which version", async () => {
    const { ports, kubernetesVersion, workerApiServer } = lab.state();
    const flannel = await lab.ask("get", "daemonset", "-n", "kube-flannel", "kube-flannel-ds", "-o", "yaml");
    const proxy = await lab.ask("get", "daemonset,configmap", "-n", "kube-system", "-o", "yaml");

    assert.match(flannel, new RegExp(`name: KUBERNETES_SERVICE_PORT\\s+value: "${ports.apiServer}"`));
    assert.ok(proxy.includes(`registry.k8s.io/kube-proxy:v${kubernetesVersion}`));
    assert.ok(proxy.includes(`server: ${workerApiServer}`));
    const waiting = [
      "wait",
      "deployment/coredns",
      "-n",
      "kube-system",
      "--for=jsonpath={.status.replicas}=2",
    ];
    await lab.ask(...waiting, "--timeout=90s");
    await lab.ask("get", "provisioningprofile", "-n", "simulator-dc", "qemu-k8s-worker");
  });

  void it("lets the API server reach a kubelet in the tailnet, as kubectl logs needs", async () => {
    await using kubelet = await startFakeKubelet(lab);
    const { exitCode, output } = await lab.kubectl("logs", kubelet.podName, "-n", "default");

    assert.equal(exitCode, 0, output);
    assert.equal(output, `log of ${kubelet.podName}\n`);
  });

  void it("says so at once when it runs already, and touches nothing", async () => {
    const before = await lab.status();

    const { exitCode, output } = await lab.stargate("lab", "up");

    assert.equal(exitCode, 0, output);
    assert.doesNotMatch(output, /…/, "no step was taken");
    assert.deepEqual(await lab.status(), before);
  });

  for (const name of PARTS) {
    void it(`starts ${name} again when it is killed, and says so`, async () => {
      const { pid = 0, restarts } = await lab.part(name);
      process.kill(pid, "SIGKILL");

      await lab.waitFor(
        `${name} is back`,
        ({ state, parts }) =>
          parts.some((part) => part.name === name && part.pid !== pid && part.restarts > restarts) &&
          state === "up",
      );

      const part = await lab.part(name);
      assert.match(part.lastError ?? "", /^ended by SIGKILL/);
      const { output } = await lab.stargate("lab", "status");
      assert.match(output, new RegExp(`^${name} +ready +\\d+ +${part.restarts} .*ended by SIGKILL`, "m"));
      await retry(() => lab.ask("get", "--raw", "/readyz"), { timeoutMs: 90_000 });
    });
  }

  void it("goes down within seconds, and up again with the same cluster", async () => {
    await lab.ask("create", "configmap", "kept", "-n", "default");
    const startedMs = performance.now();

    const down = await lab.stargate("lab", "down");

    assert.equal(down.exitCode, 0, down.output);
    assert.ok(performance.now() - startedMs < 20_000);
    assert.deepEqual(processesOf(lab.stateDir), []);
    assert.equal((await lab.status()).state, "down");
    assert.match((await lab.stargate("lab", "down")).output, /was not running/);

    const up = await lab.stargate("lab", "up");
    assert.equal(up.exitCode, 0, up.output);
    assert.equal(await clusterId(), firstClusterId);
    await lab.ask("get", "configmap", "kept", "-n", "default");
  });

  void it("loses every process with its supervisor, and comes back from that", async () => {
    const { parts } = await lab.status();
    process.kill(lab.supervisorPid(), "SIGKILL");

    await lab.waitFor("it is down", ({ state }) => state === "down");
    await retry(
      async () => {
        const left = parts.filter(({ pid = 0 }) => isAlive(pid));
        assert.deepEqual(left, []);
      },
      { timeoutMs: 90_000, minDelayMs: 20, maxDelayMs: 100 },
    );

    const { exitCode, output } = await lab.stargate("lab", "up");
    assert.equal(exitCode, 0, output);
    assert.equal(await clusterId(), firstClusterId);
  });

  void it("is destroyed without a trace", async () => {
    const { exitCode, output } = await lab.stargate("lab", "destroy");

    assert.equal(exitCode, 0, output);
    assert.deepEqual(processesOf(lab.stateDir), []);
    assert.equal((await lab.status()).state, "absent");
    assert.deepEqual(existsSync(lab.stateDir) ? readdirSync(lab.stateDir) : [], []);
    assert.equal((await lab.stargate("lab", "destroy")).exitCode, 0, "twice is fine");
  });
});
