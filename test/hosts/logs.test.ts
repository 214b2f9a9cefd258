import assert from "node:assert/strict";
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import type { OperationStatus, StepState } from "../../src/api/v1alpha1/operation.ts";
import { servers } from "../../src/kubernetes/resources.ts";
import { exec } from "../../src/lib/exec.ts";
import { packagePath } from "../../src/lib/assets.ts";
import { followLogs } from "../../src/operations/logs/follow-logs.ts";
import { showLogs } from "../../src/operations/logs/show-logs.ts";
import { hostsAreMissing } from "./start-host.ts";
import { Reader } from "../cluster/reader.ts";
import { LogsWorld } from "./logs-world.ts";

const at = "2026-01-01T00:00:00Z";

function status(
  phase: "Running" | "Succeeded" | "Failed",
  first: StepState = "Running",
  second: StepState = "Pending",
): OperationStatus {
  const begun = (state: StepState) => (state === "Pending" ? {} : { startedAt: at });
  return {
    phase,
    startedAt: at,
    message: `it is ${phase}`,
    ...(phase === "Running" ? {} : { finishedAt: at }),
    steps: [
      { name: "first", title: "The first step", state: first, ...begun(first) },
      { name: "second", title: "The second step", state: second, ...begun(second) },
    ],
  };
}

void describe("stargate logs", { skip: hostsAreMissing }, () => {
  let world: LogsWorld;
  before(async () => {
    world = await LogsWorld.start();
  });
  after(() => world[Symbol.asyncDispose]());

  void it("shows afterwards what every step said, earlier runs too, and no secret", async () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const uid = await world.createOperation("ended", status("Succeeded", "Succeeded", "Succeeded"));
    await world.runStep(uid, "second", "echo once; exit 5");
    await world.runStep(uid, "second", `echo 'token abcdef.0123456789abcdef'; echo '${pem}'; printf end`);
    await world.runStep(uid, "first", "echo grüße; echo; echo to stderr >&2");
    const reader = new Reader();

    await showLogs(world.request("ended"), reader.world);

    assert.deepEqual(reader.lines, [
      ...["==> first: The first step", "grüße", "", "to stderr"],
      ...["==> second: The second step", "once"],
      ...["==> second: The second step (run 2)", "token [redacted]", "[redacted]", "", "end"],
    ]);
    const bare = new Reader();
    await showLogs(world.request("ended", "first"), bare.world);
    assert.deepEqual(bare.lines, ["grüße", "", "to stderr"]);
  });

  void it("follows from before the beginning to the end, through lost connections, each line once", async () => {
    const uid = await world.createOperation("live", { phase: "Pending", message: "waits for a profile" });
    const reader = new Reader();
    const following = followLogs(world.request("live"), reader.world);
    await reader.saw("vm-1: Pending: waits for a profile");

    await world.say("live", status("Running"));
    const text = "for i in 1 2 3 4; do echo $i; until [[ -e /shared/$i ]]; do sleep 0.05; done; done";
    // Our own connection is cut, too; what runs on the host is not.
    const first = world.runStep(uid, "first", text).catch(() => undefined);
    for (const line of ["1", "2", "3", "4"]) {
      await reader.saw(line); // while the script waits for us
      if (line === "2") {
        world.host.cutConnections();
        await reader.saw(/No output for now: .*connection was lost/);
        await reader.saw("The server answers again");
      }
      await world.host.run("touch", `/shared/${line}`);
      if (line === "3") world.host.cutConnections(); // this time while the next question is asked
    }
    await first;
    await world.say("live", status("Succeeded", "Succeeded", "Skipped"));
    await following;

    assert.deepEqual(reader.lines, ["==> first: The first step", "1", "2", "3", "4"]);
    assert.ok(reader.said.includes("vm-1: Succeeded: it is Succeeded"), reader.said.join("\n"));
  });

  void it("ends in an error when the Operation fails, after its last line", async () => {
    const uid = await world.createOperation("failing", status("Running"));
    const reader = new Reader();
    const following = followLogs(world.request("failing"), reader.world);
    const rejected = assert.rejects(following, { reason: "OperationFailed", message: /it is Failed/ });
    await reader.saw("vm-1: ▸ The first step");

    await world.runStep(uid, "first", "echo all is lost; exit 1");
    await world.say("failing", status("Failed", "Failed"));
    await rejected;

    assert.equal(reader.lines.at(-1), "all is lost");
  });

  void it("says plainly why there is nothing to show", async () => {
    await world.createOperation("waiting", { phase: "Pending", message: "no such profile" });
    await world.createOperation("running", status("Running"));
    const reader = new Reader();
    const show = (name: string, step?: string) => showLogs(world.request(name, step), reader.world);

    await assert.rejects(showLogs({ ...world.request("waiting"), namespace: "default" }, reader.world), {
      reason: "OperationNotFound",
      remedy: "There is one in dc: add -n dc.",
    });
    await assert.rejects(show("waiting"), { reason: "NotBegun", message: /no such profile/, remedy: /-f/ });
    await assert.rejects(show("running", "second"), { reason: "NotBegun", message: /"second"/ });
    await assert.rejects(show("running", "third"), {
      reason: "Usage",
      remedy: "Its steps are first, second.",
    });
    await assert.rejects(show("running"), { reason: "OutputGone", message: /keeps no output/ });
    assert.deepEqual(reader.lines, []);
  });

  void it("is a command that reaches servers through the tailnet's proxy, and tells by its exit code how it ended", async () => {
    const { url, stop } = await world.startProxy();
    const logs = (...args: string[]) =>
      exec(
        [
          ...([process.execPath, packagePath("src/main/stargate.ts"), "logs", ...args] as const),
          ...["--kubeconfig", world.cluster.kubeconfigPath, "--tailnet-proxy", url],
        ],
        { okCodes: [0, 1] },
      );
    const uid = await world.createOperation("good", status("Succeeded", "Succeeded"));
    await world.runStep(uid, "first", "echo all is well");
    await world.createOperation("bad", status("Failed", "Failed"));

    const [past, good, bad, none] = await Promise.all([
      logs("good", "-n", "dc"),
      logs("good", "-n", "dc", "-f", "--step", "first"),
      logs("bad", "-n", "dc", "-f"),
      logs("none"),
    ]);
    stop();

    assert.deepEqual(
      [past.exitCode, past.stdout],
      [0, "==> first: The first step\nall is well"],
      past.stderr,
    );
    assert.deepEqual([good.exitCode, good.stdout], [0, "all is well"], good.stderr);
    assert.equal(bad.exitCode, 1);
    assert.match(bad.stderr, /error: Operation "bad" failed: it is Failed/);
    assert.equal(none.exitCode, 1);
    assert.match(none.stderr, /There is no Operation "none" in namespace "default"/);
  });

  void it("a server keeps the last five runs of a step, and of earlier Operations no more than a MiB", async () => {
    const uid = randomUUID();
    for (let run = 1; run <= 7; run++) await world.runStep(uid, "first", `echo ${run}; exit 5`);
    await world.runStep(uid, "second", "head -c 3M /dev/zero | tr '\\0' a; echo; echo last");
    const folder = `/var/lib/stargate/operations/${uid}`;

    const { stdout: kept } = await world.host.run("sh", "-c", `cat ${folder}/first/output*`);
    assert.equal(kept, "7\n3\n4\n5\n6");
    await world.runStep(randomUUID(), "first", "true");
    const { stdout: size } = await world.host.run("stat", "-c", "%s", `${folder}/second/output`);
    const { stdout: end } = await world.host.run("tail", "-n", "1", `${folder}/second/output`);
    assert.deepEqual(
      [size, end].map((text) => text.trim()),
      ["1048576", "last"],
    );
  });

  void it("says that a server is gone, when it is", async () => {
    await world.createOperation("gone", status("Failed", "Failed"));
    await world.host.powerOff();
    const reader = new Reader();

    await assert.rejects(showLogs(world.request("gone"), reader.world), { retriable: true });

    await world.cluster.client.delete(servers, { namespace: "dc", name: "vm-1" });
    await assert.rejects(showLogs(world.request("gone"), reader.world), {
      reason: "ServerNotFound",
      message: /the Server "vm-1" is gone/,
    });
  });
});
