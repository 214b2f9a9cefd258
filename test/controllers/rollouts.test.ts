import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { REVISION_LABEL, ROLLOUT_LABEL } from "../../src/api/v1alpha1/rollout.ts";
import { provisioningProfiles } from "../../src/kubernetes/resources.ts";
import { StargateError } from "../../src/lib/errors.ts";
import { showRolloutStatus } from "../../src/operations/rollout-status.ts";
import { kubectlFor } from "../cluster/kubectl.ts";
import { Reader } from "../cluster/reader.ts";
import type { TestApiServer } from "../cluster/start-api-server.ts";
import { ControllerWorld, startCluster } from "./controller-world.ts";
import { conditionOf, RolloutObjects } from "./rollout-objects.ts";
import { ShiftedClock } from "./shifted-clock.ts";

let cluster: TestApiServer;

before(async () => {
  cluster = await startCluster();
});

after(async () => {
  await cluster.stop();
});

/** A namespace with a profile and servers of rack 7: with `prefix` a, three of them are a-1, a-2 and a-3. */
async function createWorld(prefix: string, count: number) {
  const world = await ControllerWorld.create(cluster, `rollout-${prefix}`);
  const objects = new RolloutObjects(world);
  const names = Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);
  await world.createProfile();
  await objects.createServers(names);
  return { world, objects, names };
}

/** Holds up a server at a step, until it is called. */
function holdUp(world: ControllerWorld, server: string, step = "prepare-host"): () => void {
  const gate = Promise.withResolvers<undefined>();
  world.datacenter.gates.set(
    `${server} ${step}`,
    gate.promise.then(() => undefined),
  );
  return () => gate.resolve(undefined);
}

function joins(world: ControllerWorld): string[] {
  return world.datacenter.worked.filter((work) => work.endsWith(" join-cluster")).toSorted();
}

void test("a Rollout has one server go ahead, then the others, each once, and tells how far it is", async () => {
  const { world, objects, names } = await createWorld("canary", 4);
  await using _ = world;
  const release = holdUp(world, "canary-1");
  const { url } = await world.startController();
  await objects.create("all", { canary: 1, maxUnavailable: 3 });

  const ahead = await objects.waitFor("all", ({ status }) => status.counts?.running === 1);
  assert.deepEqual(await objects.begun(), ["canary-1"]);
  assert.equal(ahead.status.phase, "Progressing");
  assert.match(ahead.status.message ?? "", /0 of 4 servers are done; working on canary-1/);
  release();
  const kubectl = await kubectlFor(cluster);
  const inNamespace = ["-n", world.namespace];
  const waited = await kubectl([
    "wait",
    "--for=condition=Complete",
    "rollout/all",
    "--timeout=90s",
    ...inNamespace,
  ]);

  assert.equal(waited.exitCode, 0, waited.stderr);
  const complete = await objects.waitForPhase("all", "Complete");
  assert.deepEqual(complete.status.counts, {
    total: 4,
    updated: 4,
    running: 0,
    failed: 0,
    pending: 0,
    unavailable: 0,
  });
  assert.deepEqual(
    joins(world),
    names.map((name) => `${name} join-cluster`),
  );
  const operations = await objects.operations();
  assert.ok(operations.every(({ metadata }) => metadata.labels[ROLLOUT_LABEL] === "all"));
  assert.ok(operations.every(({ metadata }) => metadata.labels[REVISION_LABEL] === complete.status.revision));
  const table = await kubectl(["get", "rollouts", ...inNamespace]);
  assert.match(table.stdout, /all +repave +worker +Complete +4\/4 +0 +0 +0 /);
  assert.deepEqual(await objects.events("all"), ["Normal AllDone", "Normal NewRevision"]);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  assert.match(
    metrics,
    /stargate_rollout_servers\{namespace="rollout-canary",rollout="all",standing="updated"\} 4/,
  );
  assert.match(metrics, /stargate_rollout_condition\{.*condition="Complete"\} 1/);
});

void test("a Rollout stops when a server fails, says which, and goes on when its Operation is deleted", async () => {
  const { world, objects } = await createWorld("fails", 3);
  await using _ = world;
  world.datacenter.connectErrors.set("fails-2", new StargateError("HostKeyMismatch", "another key"));
  await world.startController();
  await objects.create("all");

  const stalled = await objects.waitForPhase("all", "Stalled");
  assert.equal(conditionOf(stalled, "Stalled")?.reason, "FailureThresholdReached");
  assert.match(stalled.status.message ?? "", /1 of 3 servers failed: fails-2\. Their Operations say why/);
  assert.deepEqual(await objects.begun(), ["fails-1", "fails-2"]);
  assert.ok((await objects.events("all")).includes("Warning FailureThresholdReached"));
  const request = { client: cluster.client, namespace: world.namespace, name: "all", wait: true };
  const reader = new Reader();
  await assert.rejects(showRolloutStatus(request, reader.world), { reason: "RolloutStalled" });
  assert.match(
    reader.lines.join("\n"),
    /^Rollout all: repave by worker: Stalled\n.*\n.*\n {2}fails-2 failed: .*another key/,
  );
  world.datacenter.connectErrors.clear();
  const failed = (await objects.operations()).find(({ status }) => status.phase === "Failed");
  await world.deleteOperation(failed?.metadata.name ?? "");

  const later = new Reader();
  await objects.waitFor("all", ({ status }) => status.phase !== "Stalled");
  await showRolloutStatus(request, later.world);
  assert.equal(later.said.at(-1), "all: Complete: 3 of 3 servers are done");
  assert.match(
    later.lines[0] ?? "",
    /^Rollout all: repave by worker: Complete\n {2}3 of 3 servers are done\n/,
  );
  assert.deepEqual(await objects.begun(), ["fails-1", "fails-2", "fails-3"]);
});

void test("a paused Rollout lets end what runs, begins nothing, and goes on", async () => {
  const { world, objects } = await createWorld("pause", 2);
  await using _ = world;
  const release = holdUp(world, "pause-1");
  await world.startController();
  await objects.create("all");
  await objects.waitForStep("pause-1", "prepare-host");

  await objects.change("all", { paused: true });
  release();
  const paused = await objects.waitFor("all", ({ status }) => status.counts?.updated === 1);

  assert.equal(paused.status.phase, "Paused");
  assert.equal(conditionOf(paused, "Progressing")?.status, "False");
  assert.deepEqual(await objects.begun(), ["pause-1"]);
  await objects.change("all", { paused: false });
  await objects.waitForPhase("all", "Complete");
});

void test("a controller that is started again in the middle goes on where it was, and does nothing twice", async () => {
  const { world, objects, names } = await createWorld("again", 5);
  await using _ = world;
  const release = holdUp(world, "again-3", "reset-node");
  const first = await world.startController();
  await objects.create("all", { maxUnavailable: 2 });
  await objects.waitFor("all", ({ status }) => status.counts?.updated === 4);

  await first.stop();
  release();
  await world.startController();
  await objects.waitForPhase("all", "Complete");

  assert.deepEqual(
    joins(world),
    names.map((name) => `${name} join-cluster`),
  );
  assert.deepEqual(await objects.begun(), names);
});

void test("a Rollout adopts what somebody has begun, and leaves it when it is deleted", async () => {
  const { world, objects } = await createWorld("adopt", 2);
  await using _ = world;
  const release = holdUp(world, "adopt-1");
  await world.startController();
  await world.createOperation("by-hand", "adopt-1");
  await world.waitForOperation("by-hand", ({ status }) => status.currentStep === "Step prepare-host");
  await objects.create("all");

  await objects.waitFor("all", ({ status }) => status.counts?.running === 1);
  assert.deepEqual(await objects.begun(), ["adopt-1"]);
  release();
  await objects.waitForPhase("all", "Complete");

  assert.deepEqual(joins(world), ["adopt-1 join-cluster", "adopt-2 join-cluster"]);
  assert.equal((await world.operation("by-hand"))?.metadata.labels[ROLLOUT_LABEL], "all");
  await objects.delete("all");
  await objects.waitUntilGone("all");
  assert.deepEqual(
    (await objects.operations()).map(({ metadata }) => metadata.name),
    ["by-hand"],
  );
});

void test("a changed profile is rolled out again, and every server has one Operation afterwards", async () => {
  const { world, objects, names } = await createWorld("change", 2);
  await using _ = world;
  await world.startController();
  await objects.create("all", { maxUnavailable: 2 });
  const first = await objects.waitForPhase("all", "Complete");

  await cluster.client.mergePatch(
    provisioningProfiles,
    { namespace: world.namespace, name: "worker" },
    { spec: { nodeLabels: { "example.com/rack": "7" } } },
  );
  const second = await objects.waitFor(
    "all",
    ({ status }) => status.revision !== first.status.revision && status.phase === "Complete",
  );

  assert.equal(joins(world).length, 4);
  assert.deepEqual(await objects.begun(), names);
  const { history } = (await world.server("change-1")).status;
  assert.equal(history?.find(({ operation }) => operation === "repave")?.profile?.generation, 2);
  assert.equal(second.metadata.generation, 1);
});

void test("a Rollout begins servers while its window is open, and not before", async () => {
  const { world, objects } = await createWorld("window", 2);
  await using _ = world;
  const clock = new ShiftedClock();
  clock.putForwardTo(21, 30);
  const release = holdUp(world, "window-1");
  await world.startController({ clock });
  await objects.create("all", { window: { start: "22:00", end: "23:00" } });

  const closed = await objects.waitForPhase("all", "Waiting");
  assert.match(closed.status.message ?? "", /The window is closed: it opens at 22:00 \(UTC\)/);
  assert.deepEqual(await objects.begun(), []);
  clock.putForwardTo(22, 0);
  await objects.waitForStep("window-1", "prepare-host");
  clock.putForwardTo(23, 0);
  await objects.waitForPhase("all", "Waiting");
  release();
  await objects.waitFor("all", ({ status }) => status.counts?.updated === 1);
  assert.deepEqual(await objects.begun(), ["window-1"]);
  clock.putForwardTo(22, 30);

  await objects.waitForPhase("all", "Complete");
});

void test("a deleted Rollout takes along what has ended, and lets come to its end what runs", async () => {
  const { world, objects } = await createWorld("end", 4);
  await using _ = world;
  await objects.createServers(["end-5"], "azure"); // whose controller does not run: its Operation does not begin
  const release = holdUp(world, "end-2", "reset-node");
  const releaseOthers = holdUp(world, "end-3", "reset-node");
  await world.startController();
  await world.createOperation("by-hand", "end-3");
  await world.waitForOperation("by-hand", ({ status }) => status.currentStep === "Step reset-node");
  await objects.create("all", { maxUnavailable: 3 });
  await objects.waitFor("all", ({ status }) => status.counts?.running === 3 && status.counts.updated === 2);
  assert.deepEqual(await objects.begun(), ["end-1", "end-2", "end-3", "end-4", "end-5"]);

  await objects.delete("all");
  await objects.waitUntilGone("all");

  // What has ended a moment ago still gives back what it held.
  await world.waitFor("the Operations that go on", async () => {
    const value = await objects.begun();
    return { isSo: value.join() === "end-2,end-3", value };
  });
  release();
  releaseOthers();
  for (const { metadata } of await objects.operations()) await world.waitForPhase(metadata.name, "Succeeded");
});

void test("controllers of two providers share Rollouts: one decides, each does its own servers, the other takes over", async () => {
  const { world, objects } = await createWorld("two", 2);
  await using _ = world;
  await objects.createServers(["two-3", "two-4"], "azure");
  const release = holdUp(world, "two-3");
  const qemu = await world.startController({ leaderElect: true });
  await objects.create("all", { maxUnavailable: 1 });
  await objects.waitFor("all", ({ status }) => status.counts?.updated === 2 && status.counts.running === 1);
  await world.startController({ leaderElect: true, providerId: "azure" });
  await objects.waitForStep("two-3", "prepare-host");
  await qemu.stop();
  release();

  await objects.waitForPhase("all", "Complete");
  assert.deepEqual(await objects.begun(), ["two-1", "two-2", "two-3", "two-4"]);
});
