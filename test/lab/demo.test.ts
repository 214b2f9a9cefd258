import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, describe, it } from "node:test";
import { z } from "zod";
import { Operation } from "../../src/api/v1alpha1/operation.ts";
import type { Server } from "../../src/api/v1alpha1/server.ts";
import { readReadme } from "../readme/read-readme.ts";
import { nextStepsOf, Walk } from "../readme/walk.ts";
import { DemoCluster, Items, NAMESPACE } from "./demo-cluster.ts";
import { privateState, run } from "./program.ts";

const ROUTER = "stargate-qemu-router";
const WORKERS = ["stargate-qemu-vm-1", "stargate-qemu-vm-2"];

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

/**
 * One story, in order: each part goes on from where the last one left the demo. Everything that the README says to type,
 * and that needs neither Azure nor Docker nor a tailnet of one's own, is typed in it, in a copy of the repository.
 */
void describe("the README, from make demo to make clean-all", () => {
  const { stateDir, env } = privateState();
  const cluster = new DemoCluster(join(stateDir, "s"), env);
  const stargate = (...args: string[]) => run(["bin/stargate", ...args], env);
  const walked = readReadme().blocks.filter(({ skip }) => skip === undefined);
  const [demo, ...others] = walked;
  const isEnd = ({ text }: { text: string }) => text.startsWith("make clean-all");
  let begun: Promise<Walk> | undefined;
  const walk = () => (begun ??= Walk.begin(join(stateDir, "w"), env));
  let demoOutput = "";

  after(async () => {
    await (await walk()).endBackground();
    await stargate("clean-all", "--yes", "--keep-cache");
    await rm(stateDir, { recursive: true, force: true });
  });

  void it("ends with two Ready workers and pods that reach each other", async () => {
    assert.equal(demo?.text, "make demo");

    const { exitCode, output } = await (await walk()).run(demo.text);

    demoOutput = output;
    assert.equal(exitCode, 0, output);
    assert.match(output, /It works/);
    const all = await cluster.nodes();
    assert.deepEqual(all.map(({ metadata }) => metadata.name).sort(), WORKERS);
    for (const { metadata, status } of all) {
      assert.equal(status.conditions.find(({ type }) => type === "Ready")?.status, "True", metadata.name);
      assert.equal(status.nodeInfo.kubeletVersion, `v${cluster.lab.kubernetesVersion}`);
    }
  });

  void it("tells the truth in every Operation and Server", async () => {
    const operations = (await cluster.read(Items(Operation), "operations", "-n", NAMESPACE)).items;

    assert.equal(operations.length, 3);
    for (const { metadata, status } of operations) {
      assert.equal(status.phase, "Succeeded", metadata.name);
      for (const step of status.steps ?? []) assert.match(step.state, /^(Succeeded|Skipped)$/, step.name);
      assert.equal(status.conditions?.find(({ type }) => type === "Complete")?.status, "True");
    }
    const uids = new Map((await cluster.nodes()).map(({ metadata }) => [metadata.name, metadata.uid]));
    for (const { metadata, status } of await cluster.servers()) {
      assert.equal(status.state, "ready", metadata.name);
      assert.match(status.os ?? "", /^k8s-1\.\d+$/);
      assert.equal(status.nodeRef?.uid, uids.get(metadata.name));
      assert.equal(status.currentOperation, undefined);
    }
  });

  void it("leads kubectl logs and exec from MX to the workers, through the tailnet", async () => {
    const pods = (await cluster.read(Items(Pod), "pods", "-n", "stargate-demo")).items;
    assert.deepEqual(pods.map(({ spec }) => spec.nodeName).sort(), WORKERS);

    for (const { metadata } of pods) {
      const of = ["-n", "stargate-demo", metadata.name];
      const logs = await cluster.kubectl(["logs", ...of]);
      assert.equal(logs.exitCode, 0, logs.output);
      const inside = await cluster.kubectl(["exec", ...of, "--", "/agnhost", "--help"]);
      assert.equal(inside.exitCode, 0, inside.output);
      assert.match(inside.output, /Usage:/);
    }
  });

  void it("leaves no bootstrap token behind", async () => {
    const secrets = await cluster.read(Items(z.object({ type: z.string() })), "secrets", "-n", "kube-system");

    assert.deepEqual(
      secrets.items.filter(({ type }) => type === "bootstrap.kubernetes.io/token"),
      [],
    );
  });

  void it("shows no secret in any object, event or log, and keeps them in files of its owner only", async () => {
    const { sshPrivateKeyPath, headscaleApiKeyPath } = cluster.lab;
    const privateKey = readFileSync(sshPrivateKeyPath, "utf8");
    const secrets = [privateKey.split("\n")[2] ?? "", readFileSync(headscaleApiKeyPath, "utf8").trim()];
    const all = ["get", "servers,operations,provisioningprofiles,events", "-A", "-o", "yaml"];
    const { output: objects } = await cluster.kubectl(all);
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

  void it("says truly what to try next, and changes no Server when all of the README is done again", async () => {
    const versions = (servers: Server[]) => servers.map(({ spec }) => spec);
    const servers = versions(await cluster.servers());
    const there = await walk();
    there.addProgram("kubectl", await cluster.kubectlPath());
    // What the README takes for granted.
    const setUp = 'mkdir -p -m 700 ~/.ssh && ssh-keygen -q -t ed25519 -N "" -f ~/.ssh/id_ed25519';
    const next = nextStepsOf(demoOutput);
    assert.ok(next.includes("kubectl get nodes"), demoOutput.slice(-2000));

    for (const { line, text } of [
      { line: "what to try next", text: next },
      { line: "set up", text: setUp },
      ...others.filter((block) => !isEnd(block)),
    ]) {
      const { exitCode, output } = await there.run(text);
      assert.equal(exitCode, 0, `README.md, line ${line}:\n${output}`);
    }

    assert.deepEqual(await there.endBackground(), [], "commands in the background that ended by themselves");
    assert.deepEqual(versions(await cluster.servers()), servers);
  });

  void it("gives a worker a fresh disk, which becomes another node under its name", async () => {
    const [, server = ""] = WORKERS;
    const old = await cluster.identity(server);

    // A slow host takes ten minutes. The Operation's own time is up first, and it says where it was.
    await cluster.createOperation("fresh-disk", server, { mode: "reimage", timeout: "20m" });
    const ended = ["--for=jsonpath={.status.finishedAt}", "--timeout=22m"];
    await cluster.kubectl(["wait", ...ended, "operation/fresh-disk", "-n", NAMESPACE]);

    const { status, metadata } = await cluster.read(Operation, "operation", "fresh-disk", "-n", NAMESPACE);
    assert.equal(status.phase, "Succeeded", JSON.stringify(status, undefined, 1));
    const now = await cluster.identity(server);
    assert.deepEqual(now.same, old.same);
    const kept = Object.entries(now.other).filter(([, value]) => Object.values(old.other).includes(value));
    assert.deepEqual(kept, []);
    const folder = join(stateDir, "s/datacenters", ROUTER, server);
    const wish = createHash("sha256").update(metadata.uid).digest("hex").slice(0, 12);
    assert.deepEqual(globSync(`${folder}/*.qcow2`), [join(folder, `disk-${wish}.qcow2`)]);
  });

  void it("refuses a host that answers with another key than the pinned one", async () => {
    const [name = ""] = WORKERS;
    const other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
    const pin = (hostKey: string) => {
      const patch = JSON.stringify({ spec: { hostKey } });
      return cluster.kubectl(["patch", "server", name, "-n", NAMESPACE, "--type=merge", "-p", patch]);
    };
    const server = (await cluster.servers()).find(({ metadata }) => metadata.name === name);
    const uids = async () => (await cluster.nodes()).map(({ metadata }) => metadata.uid);
    const nodesBefore = await uids();
    assert.equal((await pin(other)).exitCode, 0);
    try {
      await cluster.createOperation("wrong-key", name);
      const failed = ["--for=jsonpath={.status.phase}=Failed", "--timeout=180s"];
      await cluster.kubectl(["wait", ...failed, "operation/wrong-key", "-n", NAMESPACE]);

      const { status } = await cluster.read(Operation, "operation", "wrong-key", "-n", NAMESPACE);
      assert.equal(status.phase, "Failed");
      assert.equal(status.reason, "HostKeyMismatch");
      assert.deepEqual(await uids(), nodesBefore);
    } finally {
      await pin(server?.spec.hostKey ?? "");
    }
  });

  void it("goes on where it was when make demo is run again", async () => {
    const uids = async () => (await cluster.nodes()).map(({ metadata }) => metadata.uid);
    const nodesBefore = await uids();

    const { exitCode, output } = await stargate("demo");

    assert.equal(exitCode, 0, output);
    assert.deepEqual(await uids(), nodesBefore);
  });

  void it("leaves nothing after make clean-all", async () => {
    const [end] = walked.filter(isEnd);
    assert.ok(end !== undefined);

    const { exitCode, output } = await (await walk()).run(end.text);

    assert.equal(exitCode, 0, output);
    assert.deepEqual(processesOf(stateDir), []);
    assert.ok(!existsSync(join(stateDir, "s")), `${dirname(stateDir)} still has the state`);
  });
});
