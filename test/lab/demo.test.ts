import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, describe, it } from "node:test";
import { z } from "zod";
import { Operation } from "../../src/api/v1alpha1/operation.ts";
import { Server } from "../../src/api/v1alpha1/server.ts";
import { LabState } from "../../src/lab/lab-state.ts";
import { privateState, run } from "./program.ts";

const NAMESPACE = "simulator-dc";
const ROUTER = "stargate-qemu-router";
const WORKERS = ["stargate-qemu-vm-1", "stargate-qemu-vm-2"];

const Items = <T>(schema: z.ZodType<T>) => z.object({ items: z.array(schema) });
const Node = z.object({
  metadata: z.object({ name: z.string(), uid: z.string() }),
  status: z.object({
    nodeInfo: z.object({ kubeletVersion: z.string() }),
    conditions: z.array(z.object({ type: z.string(), status: z.string() })),
  }),
});
const Pod = z.object({ metadata: z.object({ name: z.string() }), spec: z.object({ nodeName: z.string() }) });

/** Command lines of every process that names this folder. */
function processesOf(folder: string): string[] {
  return globSync("/proc/[0-9]*/cmdline").flatMap((path) => {
    try {
      const line = readFileSync(path, "utf8").replaceAll("\0", " ");
      return line.includes(folder) ? [line] : [];
    } catch {
      return []; // it has ended meanwhile
    }
  });
}

// One story, in order: each part goes on from where the last one left the demo.
void describe("make demo, end to end", () => {
  const { stateDir, env } = privateState();
  const stargate = (...args: string[]) => run(["bin/stargate", ...args], env);
  const lab = () => LabState.parse(JSON.parse(readFileSync(join(stateDir, "s/lab/lab.json"), "utf8")));
  const kubectl = async (...args: string[]) => {
    const { output: program } = await stargate("toolchain", "--print", "kubectl");
    return run([program.trim(), ...args], { ...env, KUBECONFIG: lab().kubeconfigPath });
  };
  const read = async <T>(schema: z.ZodType<T>, ...args: string[]): Promise<T> => {
    const { exitCode, output } = await kubectl("get", ...args, "-o", "json");
    assert.equal(exitCode, 0, output);
    return schema.parse(JSON.parse(output));
  };
  const nodes = async () => (await read(Items(Node), "nodes")).items;

  after(async () => {
    await stargate("clean-all", "--yes", "--keep-cache");
    await rm(stateDir, { recursive: true, force: true });
  });

  void it("ends with two Ready workers and pods that reach each other", async () => {
    const { exitCode, output } = await stargate("demo");

    assert.equal(exitCode, 0, output);
    assert.match(output, /It works/);
    const all = await nodes();
    assert.deepEqual(all.map(({ metadata }) => metadata.name).sort(), WORKERS);
    for (const { metadata, status } of all) {
      assert.equal(status.conditions.find(({ type }) => type === "Ready")?.status, "True", metadata.name);
      assert.equal(status.nodeInfo.kubeletVersion, `v${lab().kubernetesVersion}`);
    }
  });

  void it("tells the truth in every Operation and Server", async () => {
    const operations = (await read(Items(Operation), "operations", "-n", NAMESPACE)).items;
    const servers = (await read(Items(Server), "servers", "-n", NAMESPACE)).items;

    assert.equal(operations.length, 3);
    for (const { metadata, status } of operations) {
      assert.equal(status.phase, "Succeeded", metadata.name);
      for (const step of status.steps ?? []) assert.match(step.state, /^(Succeeded|Skipped)$/, step.name);
      assert.equal(status.conditions?.find(({ type }) => type === "Complete")?.status, "True");
    }
    const uids = new Map((await nodes()).map(({ metadata }) => [metadata.name, metadata.uid]));
    for (const { metadata, status } of servers) {
      assert.equal(status.state, "ready", metadata.name);
      assert.match(status.os ?? "", /^k8s-1\.\d+$/);
      assert.equal(status.nodeRef?.uid, uids.get(metadata.name));
      assert.equal(status.currentOperation, undefined);
    }
    const waited = await kubectl(
      "wait",
      "--for=condition=Complete",
      "operations",
      "--all",
      "-n",
      NAMESPACE,
      "--timeout=5s",
    );
    assert.equal(waited.exitCode, 0, waited.output);
  });

  void it("leads kubectl logs and exec from MX to the workers, through the tailnet", async () => {
    const pods = (await read(Items(Pod), "pods", "-n", "stargate-demo")).items;
    assert.deepEqual(pods.map(({ spec }) => spec.nodeName).sort(), WORKERS);

    for (const { metadata } of pods) {
      const logs = await kubectl("logs", "-n", "stargate-demo", metadata.name);
      assert.equal(logs.exitCode, 0, logs.output);
      const inside = await kubectl("exec", "-n", "stargate-demo", metadata.name, "--", "/agnhost", "--help");
      assert.equal(inside.exitCode, 0, inside.output);
      assert.match(inside.output, /Usage:/);
    }
  });

  void it("leaves no bootstrap token behind", async () => {
    const secrets = await read(Items(z.object({ type: z.string() })), "secrets", "-n", "kube-system");

    assert.deepEqual(
      secrets.items.filter(({ type }) => type === "bootstrap.kubernetes.io/token"),
      [],
    );
  });

  void it("shows no secret in any object, event or log, and keeps them in files of its owner only", async () => {
    const privateKey = readFileSync(lab().sshPrivateKeyPath, "utf8");
    const secrets = [privateKey.split("\n")[2] ?? "", readFileSync(lab().headscaleApiKeyPath, "utf8").trim()];
    const { output: objects } = await kubectl(
      "get",
      "servers,operations,provisioningprofiles,events",
      "-A",
      "-o",
      "yaml",
    );
    assert.match(objects, /kind: Operation/);

    for (const secret of secrets) {
      assert.ok(secret.length > 20);
      assert.ok(!objects.includes(secret));
      for (const path of globSync(join(stateDir, "s/**/*"), { exclude: (name) => name.endsWith("etcd") })) {
        const file = statSync(path, { throwIfNoEntry: false });
        if (file === undefined || !file.isFile() || file.size > 50_000_000) continue;
        if (!readFileSync(path, "latin1").includes(secret)) continue;
        assert.equal(file.mode & 0o077, 0, `${path} can be read by others`);
        assert.doesNotMatch(path, /\.log$/);
      }
    }
  });

  void it("changes nothing when the datacenter is prepared again", async () => {
    const before = await read(Items(Server), "servers", "-n", NAMESPACE);

    const { exitCode, output } = await run(
      [
        ...([
          "bin/prep-dc-inventory",
          "--provider",
          "qemu",
          "--qemu-network",
          "rootless",
          "--router-name",
          ROUTER,
        ] as const),
        ...WORKERS.flatMap((name) => ["--vm", name]),
        ...["--namespace", NAMESPACE, "--qemu-subnet-cidr", "192.168.100.0/24"],
        ...["--qemu-cpus", "2", "--qemu-memory", "2048", "--qemu-disk", "20"],
      ],
      env,
    );

    assert.equal(exitCode, 0, output);
    const versions = (list: typeof before) => list.items.map(({ metadata }) => metadata.resourceVersion);
    assert.deepEqual(versions(await read(Items(Server), "servers", "-n", NAMESPACE)), versions(before));
  });

  void it("refuses a host that answers with another key than the pinned one", async () => {
    const [server = ""] = WORKERS;
    const other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
    const patch = (hostKey: string) =>
      kubectl(
        "patch",
        "server",
        server,
        "-n",
        NAMESPACE,
        "--type=merge",
        "-p",
        JSON.stringify({ spec: { hostKey } }),
      );
    const before = await read(Server, "server", server, "-n", NAMESPACE);
    const nodesBefore = await nodes();
    assert.equal((await patch(other)).exitCode, 0);
    try {
      const applied = await run(
        [
          (await stargate("toolchain", "--print", "kubectl")).output.trim(),
          ...["--kubeconfig", lab().kubeconfigPath, "apply", "-f", "-"],
        ],
        env,
        JSON.stringify({
          apiVersion: "stargate.io/v1alpha1",
          kind: "Operation",
          metadata: { name: "wrong-key", namespace: NAMESPACE },
          spec: {
            serverRef: { name: server },
            provisioningProfileRef: { name: "qemu-k8s-worker" },
            operation: "repave",
          },
        }),
      );
      assert.equal(applied.exitCode, 0, applied.output);
      await kubectl(
        "wait",
        "--for=jsonpath={.status.phase}=Failed",
        "operation/wrong-key",
        "-n",
        NAMESPACE,
        "--timeout=60s",
      );

      const { status } = await read(Operation, "operation", "wrong-key", "-n", NAMESPACE);
      assert.equal(status.phase, "Failed");
      assert.equal(status.reason, "HostKeyMismatch");
      assert.deepEqual(
        (await nodes()).map(({ metadata }) => metadata.uid),
        nodesBefore.map(({ metadata }) => metadata.uid),
      );
    } finally {
      await patch(before.spec.hostKey ?? "");
    }
  });

  void it("goes on where it was when it is run again", async () => {
    const before = await nodes();

    const { exitCode, output } = await stargate("demo");

    assert.equal(exitCode, 0, output);
    assert.deepEqual(
      (await nodes()).map(({ metadata }) => metadata.uid),
      before.map(({ metadata }) => metadata.uid),
    );
  });

  void it("leaves nothing after clean-all", async () => {
    const { exitCode, output } = await stargate("clean-all", "--yes", "--keep-cache");

    assert.equal(exitCode, 0, output);
    assert.deepEqual(processesOf(stateDir), []);
    assert.ok(!existsSync(join(stateDir, "s")), `${dirname(stateDir)} still has the state`);
  });
});
