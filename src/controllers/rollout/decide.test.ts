import assert from "node:assert/strict";
import { test } from "node:test";
import type { RolloutSpec } from "../../api/v1alpha1/rollout.ts";
import { REVISION_LABEL, ROLLOUT_LABEL } from "../../api/v1alpha1/rollout.ts";
import { operationWith } from "../../api/v1alpha1/test-objects.ts";
import { Fleet } from "./test-fleet.ts";

const abc = ["a", "b", "c"];

function conditions(fleet: Fleet): string[] {
  return fleet
    .decide()
    .state.conditions.filter(({ status }) => status === "True")
    .map(({ type, reason }) => `${type} ${reason}`);
}

/** Runs everything to its good end. Returns the servers in the order they were begun, each round on its own. */
function runToEnd(fleet: Fleet): string[][] {
  const rounds: string[][] = [];
  for (let round = fleet.step(); round.length > 0; round = fleet.step()) {
    rounds.push(round);
    for (const operation of fleet.unfinished()) fleet.finish(operation);
  }
  return rounds;
}

void test("a Rollout does every server once, in the order of their names, and is complete", () => {
  const fleet = new Fleet({}, ["c", "a", "b"]);

  const rounds = runToEnd(fleet);

  assert.deepEqual(rounds, [["a"], ["b"], ["c"]]);
  const { state } = fleet.decide();
  assert.equal(state.phase, "Complete");
  assert.deepEqual(state.counts, { total: 3, updated: 3, running: 0, failed: 0, pending: 0, unavailable: 0 });
  assert.deepEqual(conditions(fleet), ["Complete AllDone"]);
});

void test("a Rollout begins as many as may be unavailable: a number, or a share rounded down", () => {
  const names = Array.from({ length: 10 }, (_, index) => `vm-${index}`);
  const begun = (spec: Partial<RolloutSpec>): number => new Fleet(spec, names).step().length;

  assert.equal(begun({ maxUnavailable: 3 }), 3);
  assert.equal(begun({ maxUnavailable: "25%" }), 2);
  assert.equal(begun({ maxUnavailable: "1%" }), 1);
  assert.equal(begun({ maxUnavailable: "100%" }), 10);
});

const ailments: [what: string, ail: (fleet: Fleet) => void][] = [
  ["whose node is not Ready", (fleet) => fleet.setNode("c", { isReady: false })],
  ["whose node is gone", (fleet) => void fleet.nodes.delete("c")],
  ["whose node somebody keeps pods off", (fleet) => fleet.setNode("c", { isCordoned: true })],
  ["in error", (fleet) => fleet.setServer("c", { state: "error" })],
  [
    "that somebody's Operation works on",
    (fleet) => fleet.putOthers("reboot-c", "c", { operation: "reboot" }),
  ],
];
for (const [what, ail] of ailments) {
  void test(`a server ${what} counts against maxUnavailable`, () => {
    const fleet = new Fleet({ maxUnavailable: 2 }, abc);
    ail(fleet);

    assert.deepEqual(fleet.step(), ["a"]);
    assert.equal(fleet.decide().state.counts.unavailable, 2);
  });
}

void test("a Rollout begins a server that is down when nothing else may be begun, and goes on when that is well", () => {
  const fleet = new Fleet({}, abc);
  fleet.setNode("b", { isReady: false });

  const rounds = runToEnd(fleet);

  assert.deepEqual(rounds, [["b"], ["a"], ["c"]]);
});

void test("a Rollout begins what is down last where it is not in the way", () => {
  const fleet = new Fleet({ maxUnavailable: 2 }, abc);
  fleet.setNode("a", { isReady: false });

  assert.deepEqual(fleet.step(), ["b"]);
  assert.deepEqual(fleet.step(), []);
  fleet.finish(fleet.running("b"));
  assert.deepEqual(fleet.step(), ["c", "a"]);
});

void test("a Rollout that cannot begin anything because done servers are down says which", () => {
  const fleet = new Fleet({}, abc);
  fleet.step();
  fleet.finish(fleet.running("a"));
  fleet.setNode("a", { isReady: false });

  assert.deepEqual(fleet.step(), []);
  const { state } = fleet.decide();
  assert.equal(state.phase, "Stalled");
  assert.match(state.message, /down already: a\. Mend them/);
  fleet.setNode("a");
  assert.deepEqual(fleet.step(), ["b"]);
});

void test("a Rollout makes servers nodes that were none, so many at a time", () => {
  const fleet = new Fleet({ maxUnavailable: 2 }, abc, "spare");

  assert.deepEqual(runToEnd(fleet), [["a", "b"], ["c"]]);
});

void test("the canary goes well before any other is begun", () => {
  const fleet = new Fleet({ maxUnavailable: 3, canary: 1 }, abc);

  assert.deepEqual(fleet.step(), ["a"]);
  assert.deepEqual(fleet.step(), []);
  fleet.finish(fleet.running("a"));

  assert.deepEqual(fleet.step(), ["b", "c"]);
});

void test("a canary that fails stops everything, whatever the threshold", () => {
  const fleet = new Fleet({ maxUnavailable: 3, canary: 1, failureThreshold: 3 }, abc);
  fleet.step();
  fleet.finish(fleet.running("a"), "Failed");

  assert.deepEqual(fleet.step(), []);
  assert.deepEqual(conditions(fleet), ["Stalled CanaryFailed"]);
  assert.match(fleet.decide().state.message, /1 failed: a\. Their Operations say why.*mend the profile/);
});

void test("a canary of more servers than there are is all of them", () => {
  const fleet = new Fleet({ maxUnavailable: 3, canary: 9 }, abc);

  assert.deepEqual(fleet.step(), abc);
});

void test("the first failure stops a Rollout that names no threshold", () => {
  const fleet = new Fleet({ maxUnavailable: 3 }, ["a", "b", "c", "d", "e"]);
  fleet.step();
  fleet.finish(fleet.running("a"), "Failed");
  fleet.begin(fleet.running("b"));

  assert.deepEqual(fleet.step(), []);
  assert.deepEqual(conditions(fleet), ["Progressing ServersRunning", "Stalled FailureThresholdReached"]);
  assert.deepEqual(
    fleet.unfinished().map(({ spec }) => spec.serverRef.name),
    ["b"],
    "what had not begun does not begin",
  );
});

void test("failures stop a Rollout at its threshold, and a deleted Operation is tried again", () => {
  const fleet = new Fleet({ maxUnavailable: 3, failureThreshold: "50%" }, ["a", "b", "c", "d"]);
  fleet.step();
  fleet.finish(fleet.running("a"), "Failed");
  fleet.finish(fleet.running("b"));
  assert.deepEqual(fleet.step(), ["d"], "one of four is not half of them");
  fleet.finish(fleet.running("c"), "Failed");
  fleet.finish(fleet.running("d"));

  assert.deepEqual(fleet.step(), []);
  assert.deepEqual(conditions(fleet), ["Stalled FailureThresholdReached"]);
  assert.match(fleet.decide().state.message, /^2 of 4 servers failed: a, c\./);
  for (const operation of [...fleet.operations.values()]) {
    if (operation.status.phase === "Failed") fleet.operations.delete(operation.metadata.name);
  }

  assert.deepEqual(runToEnd(fleet).flat().toSorted(), ["a", "c"]);
  assert.equal(fleet.decide().state.phase, "Complete");
});

void test("failures below the threshold leave a Rollout that has begun everything stalled, not complete", () => {
  const fleet = new Fleet({ maxUnavailable: 3, failureThreshold: 2 }, abc);
  fleet.step();
  fleet.finish(fleet.running("a"), "Failed");
  for (const operation of fleet.unfinished()) fleet.finish(operation);

  assert.deepEqual(fleet.step(), []);
  assert.deepEqual(conditions(fleet), ["Stalled ServersFailed"]);
});

void test("a paused Rollout begins nothing, lets go on what runs, and goes on when it is not paused", () => {
  const fleet = new Fleet({}, abc);
  fleet.step();
  fleet.begin(fleet.running("a"));
  fleet.setSpec({ paused: true });
  assert.deepEqual(conditions(fleet), ["Progressing ServersRunning", "Paused Paused"]);
  fleet.finish(fleet.running("a"));

  assert.deepEqual(fleet.step(), []);
  assert.equal(fleet.decide().state.phase, "Paused");
  assert.deepEqual(conditions(fleet), ["Paused Paused"]);
  fleet.setSpec({ paused: false });

  assert.deepEqual(runToEnd(fleet), [["b"], ["c"]]);
});

void test("what has not begun when a Rollout is paused is taken back, but nobody else's", () => {
  const fleet = new Fleet({ maxUnavailable: 3 }, abc);
  fleet.putOthers("by-hand", "c");
  fleet.step();
  fleet.begin(fleet.running("a"));
  fleet.setSpec({ paused: true });

  fleet.step();

  const left = fleet.unfinished().map(({ spec }) => spec.serverRef.name);
  assert.deepEqual(left.toSorted(), ["a", "c"]);
  fleet.setSpec({ paused: false });
  assert.deepEqual(fleet.step(), ["b"]);
});

void test("what has not begun by another profile is taken back when the Rollout names a new one", () => {
  const fleet = new Fleet({}, ["a"]);
  fleet.step();
  fleet.setSpec({ provisioningProfileRef: { name: "other" } });
  fleet.setProfile(1, "other");

  fleet.step();

  assert.deepEqual(fleet.unfinished(), []);
  assert.deepEqual(fleet.step(), ["a"]);
  assert.equal(fleet.running("a").spec.provisioningProfileRef.name, "other");
});

void test("a Rollout says what an Operation waits for that does not begin", () => {
  const fleet = new Fleet({}, ["a"]);
  fleet.step();
  assert.match(
    fleet.decide().state.message,
    /the Operation of a waits \(no controller has looked at it yet\)/,
  );
  fleet.put({ ...fleet.running("a"), status: { phase: "Pending", reason: "ProviderMissing" } });

  assert.match(fleet.decide().state.message, /working on a; the Operation of a waits \(ProviderMissing\)/);
});

void test("a Rollout begins nothing outside its window, and is looked at when that opens", () => {
  const window = { days: ["Tue" as const], start: "12:30", end: "13:00", timeZone: "UTC" };
  const fleet = new Fleet({ window }, abc);

  assert.deepEqual(fleet.step(), []);
  const closed = fleet.decide();
  assert.equal(closed.state.phase, "Waiting");
  assert.match(closed.state.message, /opens at 12:30 \(UTC\) on Tue\. 0 of 3 servers are done/);
  assert.equal(closed.delayMs, 30 * 60_000);
  fleet.nowMs += closed.delayMs;
  assert.deepEqual(fleet.step(), ["a"]);
  fleet.nowMs += fleet.decide().delayMs ?? 0;
  fleet.finish(fleet.running("a"));

  assert.deepEqual(fleet.step(), []);
});

void test("a Rollout with a time zone that nobody knows begins nothing, and says so", () => {
  const window = { days: ["Tue" as const], start: "12:30", end: "13:00", timeZone: "Nowhere/Here" };
  const fleet = new Fleet({ window }, abc);

  assert.deepEqual(fleet.step(), []);
  assert.deepEqual(conditions(fleet), ["Stalled InvalidTimeZone"]);
});

void test("a Rollout without its profile, or without servers, says so", () => {
  const fleet = new Fleet({}, abc);
  fleet.profile = undefined;
  assert.deepEqual(conditions(fleet), ["Stalled ProfileNotFound"]);
  assert.match(fleet.decide().state.message, /no ProvisioningProfile "qemu-k8s-worker"/);

  const empty = new Fleet({}, []);
  assert.equal(empty.decide().state.phase, "Pending");
  assert.deepEqual(conditions(empty), []);
});

void test("a changed profile is rolled out again, and what the last one left is put away", () => {
  const fleet = new Fleet({ maxUnavailable: 3 }, abc);
  runToEnd(fleet);
  fleet.setProfile(2);
  assert.equal(fleet.decide().state.phase, "Progressing");

  assert.deepEqual(runToEnd(fleet), [abc]);

  assert.equal(fleet.made.length, 6);
  assert.equal(fleet.operations.size, 3);
});

void test("a Rollout that returns to a profile of before rolls that out again", () => {
  const fleet = new Fleet({ maxUnavailable: 3 }, abc);
  runToEnd(fleet);
  fleet.setSpec({ provisioningProfileRef: { name: "other" } });
  fleet.setProfile(1, "other");
  assert.deepEqual(runToEnd(fleet), [abc]);
  fleet.setSpec({ provisioningProfileRef: { name: "qemu-k8s-worker" } });
  fleet.setProfile(1);

  assert.deepEqual(runToEnd(fleet), [abc]);
});

void test("a server that is half-way when the profile changes is done again after that", () => {
  const fleet = new Fleet({}, ["a"]);
  fleet.step();
  fleet.begin(fleet.running("a"));
  fleet.setProfile(2);
  assert.deepEqual(fleet.step(), []);
  assert.match(fleet.decide().state.message, /Other Operations work on a/);
  fleet.finish(fleet.running("a"));

  assert.deepEqual(fleet.step(), ["a"]);
});

void test("an Operation that has not begun when the profile changes follows the new one", () => {
  const fleet = new Fleet({}, ["a"]);
  fleet.step();
  fleet.setProfile(2);
  fleet.step();
  fleet.finish(fleet.running("a"));

  assert.deepEqual(fleet.step(), []);
  assert.equal(fleet.decide().state.phase, "Complete");
  assert.equal(fleet.made.length, 1);
});

void test("servers that have what the profile says are not done again, also when nobody knows by whom", () => {
  const fleet = new Fleet({ maxUnavailable: 3 }, abc);
  fleet.putOthers("by-hand", "b");
  fleet.finish(fleet.running("b"));
  fleet.operations.clear();

  assert.deepEqual(fleet.step(), ["a", "c"]);
});

void test("deleting the Operations of a Rollout has nothing done again", () => {
  for (const operation of ["repave", "reboot", "deprovision"] as const) {
    const fleet = new Fleet({ operation, maxUnavailable: 3 }, abc);
    runToEnd(fleet);
    fleet.operations.clear();

    assert.deepEqual(fleet.step(), [], operation);
    assert.equal(fleet.decide().state.phase, "Complete");
  }
});

void test("since has servers done again, and waits for its time", () => {
  const fleet = new Fleet({ maxUnavailable: 3 }, abc);
  runToEnd(fleet);
  fleet.setSpec({ since: "2026-03-03T12:10:00Z" });
  const waiting = fleet.decide();
  assert.equal(waiting.state.phase, "Waiting");
  assert.equal(waiting.delayMs, 10 * 60_000);
  fleet.nowMs += waiting.delayMs;

  assert.deepEqual(runToEnd(fleet), [abc]);
});

void test("an Operation that somebody made for the same purpose is adopted, and stays that person's", () => {
  const fleet = new Fleet({}, abc);
  fleet.putOthers("by-hand", "a");
  assert.deepEqual(fleet.step(), []);
  const adopted = fleet.operations.get("by-hand");
  assert.equal(adopted?.metadata.labels[ROLLOUT_LABEL], "ro");
  assert.equal(adopted.metadata.labels[REVISION_LABEL], fleet.decide().state.revision);
  assert.equal(fleet.decide().state.counts.running, 1);
  fleet.finish(adopted, "Failed");

  assert.equal(fleet.decide().state.counts.failed, 1);
});

const strangers: [what: string, operation: Parameters<typeof operationWith>[0]][] = [
  ["of another kind", { spec: { operation: "reboot" } }],
  ["by another profile", { spec: { provisioningProfileRef: { name: "other" } } }],
  ["that is to be cancelled", { spec: { cancel: true } }],
  ["of another Rollout", { meta: { labels: { [ROLLOUT_LABEL]: "another" } } }],
  [
    "that began with an earlier state of the profile",
    {
      status: {
        phase: "Running",
        startedAt: "2026-03-03T00:00:00Z",
        profile: { name: "qemu-k8s-worker", uid: "uid-of-qemu-k8s-worker", generation: 0 },
      },
    },
  ],
];
for (const [what, operation] of strangers) {
  void test(`an Operation ${what} is not adopted: its server's turn comes after it`, () => {
    const fleet = new Fleet({ maxUnavailable: 2 }, ["a", "b"]);
    fleet.put(operationWith({ name: "stranger", server: "a", ...operation }));

    assert.deepEqual(fleet.decide().work?.adopt, []);
    assert.deepEqual(fleet.step(), ["b"]);
    fleet.operations.delete("stranger");
    assert.deepEqual(fleet.step(), ["a"]);
  });
}

void test("reboot and deprovision are for the servers of when they were asked for", () => {
  for (const operation of ["reboot", "deprovision"] as const) {
    const fleet = new Fleet({ operation, maxUnavailable: 9 }, abc);
    fleet.addServer("later", "node", "2026-03-02T00:00:00Z");

    assert.deepEqual(runToEnd(fleet), [abc], operation);
    assert.equal(fleet.decide().state.counts.total, 3);
  }
  const repave = new Fleet({ maxUnavailable: 9 }, abc);
  repave.addServer("later", "node", "2026-03-02T00:00:00Z");
  assert.deepEqual(repave.step(), [...abc, "later"]);
});

void test("a server that is deleted, or loses the label, is not counted any more", () => {
  const fleet = new Fleet({}, abc);
  const [a, b] = [fleet.server("a"), fleet.server("b")];
  fleet.servers.set("a", { ...a, metadata: { ...a.metadata, deletionTimestamp: "2026-03-03T00:00:00Z" } });
  fleet.servers.set("b", { ...b, metadata: { ...b.metadata, labels: {} } });

  assert.deepEqual(fleet.step(), ["c"]);
  assert.equal(fleet.decide().state.counts.total, 1);
});

void test("what a later repave left is not put right again by a Rollout that had done the server", () => {
  const fleet = new Fleet({ maxUnavailable: 3 }, abc);
  runToEnd(fleet);
  fleet.putOthers("by-hand", "b", { provisioningProfileRef: { name: "other" } });
  fleet.setProfile(1, "other");
  fleet.finish(fleet.running("b"));
  fleet.setProfile(1);

  assert.deepEqual(fleet.step(), []);
  assert.equal(fleet.decide().state.phase, "Complete");
});
