import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { profileWith, serverWith } from "../../src/api/v1alpha1/test-objects.ts";
import type { ProvisioningProfileSpec } from "../../src/api/v1alpha1/provisioning-profile.ts";
import { createWorkerBootstrap } from "../../src/bootstrap/worker-bootstrap.ts";
import { StargateError } from "../../src/lib/errors.ts";
import type { Host } from "../../src/remote/host.ts";
import { hostsAreMissing, TestHost } from "./start-host.ts";
import { makeStandInBundle } from "./stand-in-bundle.ts";

const { signal } = new AbortController();

void describe("the bootstrap on a host with systemd", { skip: hostsAreMissing }, () => {
  let host: TestHost;
  let session: Host;
  let folder: string;
  let bundle: string;
  before(async () => {
    folder = await mkdtemp("/tmp/sg-bundles-");
    bundle = await makeStandInBundle(folder);
    host = await TestHost.start();
    session = await host.connect();
    await host.run("touch", "/shared/start");
  });
  after(async () => {
    await session[Symbol.asyncDispose]();
    await host[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  /** Runs every step for an Operation; what each did, for instance "reset-node skipped". */
  async function run(uid: string, profile: Partial<ProvisioningProfileSpec> = {}): Promise<string[]> {
    const outcomes: string[] = [];
    const bootstrap = createWorkerBootstrap({ bundleFolder: () => bundle });
    const steps = bootstrap.steps({
      work: workOf(uid, profile),
      host: session,
      // Something that listens, for join-cluster.sh to find.
      controlPlane: {
        description: "none",
        server: "https://127.0.0.1:22",
        caPem: "CA",
        kubeletOverrides: { a: 1 },
      },
      token: "abcdef.0123456789abcdef",
    });
    for (const step of steps) {
      const lines: string[] = [];
      const control = {
        signal,
        onLine: (line: string) => void lines.push(line),
      };
      const outcome = await step.run(control).catch((error: unknown) => {
        if (!(error instanceof StargateError)) throw error;
        throw new Error(`${step.name}: ${error.reason}: ${error.message}\n${lines.join("\n")}`, {
          cause: error,
        });
      });
      outcomes.push(`${step.name} ${outcome}`);
    }
    return outcomes;
  }

  /** Runs the steps that leave nothing of a node. */
  async function clean(uid: string): Promise<string[]> {
    const outcomes: string[] = [];
    const bootstrap = createWorkerBootstrap({ bundleFolder: () => bundle });
    for (const step of bootstrap.cleanSteps({ work: workOf(uid), host: session })) {
      outcomes.push(`${step.name} ${await step.run({ signal, onLine: () => undefined })}`);
    }
    return outcomes;
  }

  async function output(...argv: string[]): Promise<string> {
    const { stdout, stderr } = await host.run(...argv);
    return `${stdout}${stderr}`.trim();
  }

  const first = randomUUID();

  void it("makes a bare host a node", async () => {
    const outcomes = await run(first, { customBootstrapScript: "echo $NODE_NAME >/etc/custom" });

    assert.deepEqual(outcomes, [
      "inspect-host done",
      "send-artifacts done",
      "reset-node skipped",
      "configure-kernel done",
      "install-containerd done",
      "install-kubernetes done",
      "run-custom-script done",
      "join-cluster done",
    ]);
    assert.equal(await output("systemctl", "is-active", "kubelet", "containerd"), "active\nactive");
    assert.equal(await output("systemctl", "is-enabled", "kubelet", "containerd"), "enabled\nenabled");
    assert.equal(await output("cat", "/etc/custom"), "vm-1");
    assert.match(await output("ctr", "-n", "k8s.io", "images", "ls", "-q"), /registry\.k8s\.io\/pause:/);
    assert.match(
      await output("cat", "/etc/containerd/config.toml"),
      /sandbox_image = "registry\.k8s\.io\/pause/,
    );
    assert.equal(
      await output("ls", "/run/stargate/join"),
      "ls: cannot access '/run/stargate/join': No such file or directory",
    );
    assert.match(
      await output("cat", "/var/lib/kubelet/kubeadm-flags.env"),
      /--hostname-override=vm-1 --node-ip=192\.168\.100\.10/,
    );
  });

  void it("run again for the same Operation, finds everything done and touches nothing", async () => {
    const pid = await output("systemctl", "show", "--property=MainPID", "kubelet");

    const outcomes = await run(first, { customBootstrapScript: "echo $NODE_NAME >/etc/custom" });

    assert.deepEqual(
      outcomes.filter((outcome) => outcome.startsWith("send") || outcome.startsWith("join")),
      ["send-artifacts skipped", "join-cluster done"],
    );
    assert.equal(await output("systemctl", "show", "--property=MainPID", "kubelet"), pid);
    const journal = await output("grep", first, "/var/lib/stargate/journal");
    assert.equal(journal.split("\n").filter((line) => line.includes("started")).length, 6);
  });

  void it("run for another Operation, takes the node apart and makes it anew, sending nothing again", async () => {
    await host.run("ip", "link", "add", "cni0", "type", "dummy");
    await host.run(
      "sh",
      "-c",
      "mkdir -p /etc/cni/net.d /var/lib/cni && echo {} >/etc/cni/net.d/10-flannel.conflist",
    );
    await host.run(
      "sh",
      "-c",
      "nft add table ip kube-proxy; nft add table ip hosts-own; iptables -N KUBE-FORWARD; iptables -N OWN",
    );

    const outcomes = await run(randomUUID());

    assert.deepEqual(outcomes, [
      "inspect-host done",
      "send-artifacts skipped",
      "reset-node done",
      "configure-kernel skipped",
      "install-containerd skipped",
      "install-kubernetes skipped",
      "join-cluster done",
    ]);
    assert.match(await output("ip", "link", "show", "cni0"), /does not exist/);
    assert.equal(await output("ls", "/etc/cni/net.d"), ""); // the folder itself is watched, and stays
    const tables = await output("nft", "list", "tables");
    assert.match(tables, /hosts-own/);
    assert.doesNotMatch(tables, /kube-proxy/);
    const rules = await output("iptables-save");
    assert.match(rules, /:OWN /);
    assert.doesNotMatch(rules, /KUBE-/);
    assert.equal(await output("systemctl", "is-active", "kubelet"), "active");
  });

  void it("goes on after a half join", async () => {
    const uid = randomUUID();
    await run(uid);
    // As when the power went between kubeadm's first file and the kubelet's certificate.
    await host.run(
      "sh",
      "-c",
      `systemctl stop kubelet; rm -rf /var/lib/kubelet/pki /var/lib/stargate/operations/${uid}/join-cluster`,
    );

    const outcomes = await run(uid);

    assert.equal(outcomes.at(-1), "join-cluster done");
    assert.equal(await output("systemctl", "is-active", "kubelet"), "active");
  });

  void it("says what kubeadm refuses", async () => {
    const uid = randomUUID();
    await run(uid);
    await host.run(
      "sh",
      "-c",
      `systemctl stop kubelet; rm -rf /var/lib/kubelet/pki /var/lib/stargate/operations/${uid}/join-cluster
       mkdir -p /etc/kubernetes/manifests; echo kind: Pod >/etc/kubernetes/manifests/foreign.yaml`,
    );

    await assert.rejects(run(uid), /join-cluster: JoinRefused: /);
    await host.run("rm", "/etc/kubernetes/manifests/foreign.yaml");

    assert.equal((await run(uid)).at(-1), "join-cluster done");
  });

  void it("installs another bundle over the one that runs", async () => {
    bundle = await makeStandInBundle(folder, "1.37.3");

    const outcomes = await run(randomUUID());

    assert.deepEqual(
      outcomes.filter((outcome) => outcome.startsWith("send") || outcome.startsWith("install")),
      ["send-artifacts done", "install-containerd skipped", "install-kubernetes done"],
    );
    assert.match(await output("cat", "/usr/local/bin/kubelet"), /1\.37\.3/);
  });

  void it("says what is wrong with a full disk, and goes on when there is room", async () => {
    bundle = await makeStandInBundle(folder, "1.37.4");
    await host.run("mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", "/usr/local/bin");
    const uid = randomUUID();

    await assert.rejects(run(uid), /install-kubernetes: NoDiskSpace: .*its disk is full/);
    await host.run("umount", "/usr/local/bin");
    await run(uid);

    assert.match(await output("cat", "/usr/local/bin/kubelet"), /1\.37\.4/);
  });

  void it("refuses a containerd that the kubelet cannot work with", async () => {
    await host.run(
      "sh",
      "-c",
      "printf '#!/bin/sh\\necho containerd github.com/containerd/containerd 1.5.9 abc\\n' >/usr/local/bin/containerd; chmod +x /usr/local/bin/containerd",
    );

    await assert.rejects(
      run(randomUUID()),
      /install-containerd: UnsupportedRuntime: .*containerd 1\.5\.9, Kubernetes 1\.37/,
    );
    await host.run("rm", "/usr/local/bin/containerd");
  });

  void it("leaves nothing of a node on a host that is to be none", async () => {
    await run(randomUUID());

    assert.deepEqual(await clean(randomUUID()), ["reset-node done", "clean-host done"]);

    const { stdout } = await host.run(
      ...["find", "/etc/kubernetes", "/var/lib/kubelet", "/etc/systemd/system", "/usr/local/bin", "/opt/cni"],
      ...[
        "/etc/modules-load.d",
        "/etc/sysctl.d",
        "/var/lib/stargate",
        "-newer",
        "/shared/start",
        "-type",
        "f",
      ],
    );
    const left = stdout.split("\n").filter((path) => path !== "");
    assert.deepEqual(
      left.filter((path) => !/^\/var\/lib\/stargate\/(journal|operations\/)/.test(path)),
      [],
    );
    assert.equal(await output("systemctl", "is-active", "kubelet"), "inactive");
    assert.equal(await output("ctr", "-n", "k8s.io", "images", "ls", "-q"), "");
    assert.deepEqual(await clean(randomUUID()), ["reset-node skipped", "clean-host skipped"]);
  });

  void it("uses what lies on a volume beside the host, and has nothing sent", async () => {
    await host.run("mkdir", "-p", "/run/stargate/artifacts");
    await host.run("mount", "-t", "tmpfs", "tmpfs", "/run/stargate/artifacts");
    await cp(bundle, join(host.shared, "bundle"), { recursive: true });
    await host.run("sh", "-c", "cp /shared/bundle/* /run/stargate/artifacts/");

    const outcomes = await run(randomUUID());

    assert.ok(outcomes.includes("send-artifacts skipped"), outcomes.join());
    assert.ok(outcomes.includes("install-kubernetes done"));
    assert.match(await output("ctr", "-n", "k8s.io", "images", "ls", "-q"), /pause/);
    assert.deepEqual(await clean(randomUUID()), ["reset-node done", "clean-host done"]);
    assert.equal((await host.run("mountpoint", "-q", "/run/stargate/artifacts")).exitCode, 32);
  });

  void it("makes a node again of a host that was cleaned", async () => {
    const outcomes = await run(randomUUID());

    assert.ok(outcomes.includes("send-artifacts done") && outcomes.includes("reset-node skipped"));
    assert.equal(await output("systemctl", "is-active", "kubelet"), "active");
  });

  void it("restarts a host once, however often it is asked", async () => {
    const bootstrap = createWorkerBootstrap({ bundleFolder: () => bundle });
    const uid = randomUUID();
    const bootId = await output("cat", "/proc/sys/kernel/random/boot_id");
    const down = host.untilDown();

    await bootstrap.reboot({ host: session, operationUid: uid, bootId }, signal);
    await bootstrap.reboot({ host: session, operationUid: uid, bootId }, signal);
    await down;
    await host.boot();
    session = await host.connect();
    await bootstrap.reboot({ host: session, operationUid: uid, bootId }, signal); // it has booted since

    assert.notEqual(await output("cat", "/proc/sys/kernel/random/boot_id"), bootId);
    assert.equal(await output("systemctl", "is-active", "kubelet", "containerd"), "active\nactive");
    const journal = await output("grep", uid, "/var/lib/stargate/journal");
    assert.equal(journal.split("\n").length, 1);
  });

  void it("restarts a host whose disk is full", async () => {
    const bootstrap = createWorkerBootstrap({ bundleFolder: () => bundle });
    const bootId = await output("cat", "/proc/sys/kernel/random/boot_id");
    await host.run("mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", "/var/lib/stargate");
    await host.run("sh", "-c", "head -c 4096 /dev/zero >/var/lib/stargate/all");
    const down = host.untilDown();

    await bootstrap.reboot({ host: session, operationUid: randomUUID(), bootId }, signal);

    await down;
    await host.boot();
    session = await host.connect();
    assert.notEqual(await output("cat", "/proc/sys/kernel/random/boot_id"), bootId);
  });
});

function workOf(uid: string, profile: Partial<ProvisioningProfileSpec> = {}) {
  return {
    operation: { metadata: { uid } },
    server: serverWith(),
    profile: profileWith({ artifactSource: { type: "ControllerCache" }, ...profile }),
    kubernetesVersion: "1.37",
  };
}
