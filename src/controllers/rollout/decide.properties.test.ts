import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Weekday } from "../../api/v1alpha1/rollout.ts";
import { isFinished } from "../operation/facts.ts";
import { resolveAmount } from "./amount.ts";
import type { ServerFacts } from "./facts.ts";
import { Fleet } from "./test-fleet.ts";

const NAMES = ["a", "b", "c", "d", "e", "f", "g"];

/** What happens to a fleet while a Rollout goes on. `which` picks one of those that it can happen to. */
const events = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("decide" as const), writes: fc.integer({ min: 0, max: 6 }) }),
  },
  { weight: 4, arbitrary: happens("succeed") },
  { weight: 1, arbitrary: happens("fail") },
  { weight: 1, arbitrary: happens("begin") },
  { weight: 1, arbitrary: happens("node down") },
  { weight: 1, arbitrary: happens("node up") },
  { weight: 1, arbitrary: happens("by hand") },
  { weight: 1, arbitrary: happens("forget") },
  { weight: 1, arbitrary: happens("pause") },
  { weight: 1, arbitrary: happens("go on") },
  { weight: 1, arbitrary: happens("profile") },
  { weight: 1, arbitrary: happens("hour") },
);

function happens<Kind extends string>(kind: Kind) {
  return fc.record({ kind: fc.constant(kind), which: fc.nat({ max: 20 }) });
}

const weekdays: Weekday[] = ["Tue", "Wed"];
const specs = fc.record({
  maxUnavailable: fc.constantFrom(1, 2, 3, "30%", "100%"),
  canary: fc.integer({ min: 0, max: 3 }),
  failureThreshold: fc.constantFrom(1, 2, "50%"),
  operation: fc.constantFrom("repave" as const, "reboot" as const),
  window: fc.constantFrom(undefined, { days: weekdays, start: "10:00", end: "15:00", timeZone: "UTC" }),
});

type Event = typeof events extends fc.Arbitrary<infer Happening> ? Happening : never;

const stories = fc.record({
  spec: specs,
  servers: fc.subarray(NAMES, { minLength: 1 }),
  spares: fc.boolean(),
  events: fc.array(events, { maxLength: 60 }),
});

void test("whatever happens, a Rollout keeps to its limits, and does no server twice for a revision", () => {
  fc.assert(
    fc.property(stories, ({ spec: { window, ...spec }, servers, spares, events: happenings }) => {
      const fleet = new Fleet({ ...spec, ...(window && { window }) }, servers, spares ? "spare" : "node");
      for (const event of happenings) {
        if (event.kind === "decide") decideAndCheck(fleet, event.writes);
        else apply(fleet, event);
      }
      const own = fleet.worked.filter((name) => fleet.made.includes(name));
      assert.equal(new Set(own).size, own.length, "done twice");
      finishAndCheck(fleet);
    }),
    { numRuns: 400 },
  );
});

/** `writes`: after so many the controller is killed; the next decision is that of a new one. */
function decideAndCheck(fleet: Fleet, writes: number): void {
  const { counts } = fleet.decide().state;
  const { spec } = fleet.rollout;
  const before = new Map(
    fleet.facts().servers.map((facts) => [facts.server.metadata.name, capacityOf(facts)]),
  );

  const begun = fleet.step(writes);

  if (begun.length === 0) return;
  const { total } = counts;
  const limit = resolveAmount(spec.maxUnavailable, total, "down");
  const after = fleet.decide().state.counts;
  assert.ok(!spec.paused, "begun while paused");
  assert.ok(spec.window === undefined || isOpenAt(fleet.nowMs), "begun outside the window");
  assert.ok(after.failed < resolveAmount(spec.failureThreshold, total, "up"), "begun past the threshold");
  assert.ok(after.running <= limit, `${after.running} run at once`);
  const taken = begun.filter((name) => before.get(name) === "available").length;
  const down = [...before.values()].filter((capacity) => capacity === "down").length;
  assert.ok(taken === 0 || down + taken <= limit, `${down} were unavailable, and ${taken} were begun`);
  const canary = Math.min(spec.canary, total);
  assert.ok(
    after.updated >= canary || after.updated + after.running + after.failed <= canary,
    "begun before the canary went well",
  );
}

/** What a server gives the cluster: one that never was a node gives nothing, and takes nothing away. */
function capacityOf({ server, node, operations }: ServerFacts): "available" | "down" | "spare" {
  const { state, nodeRef } = server.status;
  if (!operations.every(isFinished) || state === "error") return "down";
  if (nodeRef === undefined) return "spare";
  return node?.status.conditions[0]?.status === "True" && state === "ready" ? "available" : "down";
}

/**
 * Once everything goes well, and servers that somebody's own Operations broke are mended, a Rollout ends: complete where
 * nothing of it failed before, and never undecided.
 */
function finishAndCheck(fleet: Fleet): void {
  fleet.setSpec({ paused: false, window: undefined });
  for (const [name, { status }] of fleet.servers) {
    if (fleet.nodes.has(name)) fleet.setNode(name);
    if (status.state === "error") fleet.setServer(name, { state: "ready" });
  }
  for (let turn = 0; turn < 50; turn++) {
    fleet.step();
    for (const operation of fleet.unfinished()) fleet.finish(operation);
    if (
      fleet.step(0).length === 0 &&
      fleet.unfinished().length === 0 &&
      fleet.decide().work?.begin.length === 0
    )
      break;
  }
  const { phase, counts } = fleet.decide().state;
  if (counts.failed === 0) assert.equal(phase, "Complete");
  else assert.ok(phase === "Stalled" || counts.pending === 0, `${phase} with ${counts.pending} pending`);
}

function apply(fleet: Fleet, { kind, which }: Exclude<Event, { kind: "decide" }>): void {
  const unfinished = fleet.unfinished();
  const operation = unfinished[which % Math.max(unfinished.length, 1)];
  const servers = [...fleet.servers.keys()];
  const server = servers[which % servers.length] ?? "";
  switch (kind) {
    case "succeed":
      return operation && fleet.finish(operation);
    case "fail":
      return operation && fleet.finish(operation, "Failed");
    case "begin":
      return operation?.status.startedAt === undefined ? operation && fleet.begin(operation) : undefined;
    case "node down":
      return fleet.nodes.has(server) ? fleet.setNode(server, { isReady: false }) : undefined;
    case "node up":
      return fleet.nodes.has(server) ? fleet.setNode(server) : undefined;
    case "by hand":
      return fleet.putOthers(`by-hand-${which}`, server, {
        operation: which % 2 === 0 ? "repave" : "reboot",
      });
    case "forget": {
      const ended = [...fleet.operations.values()].filter(({ status }) => status.phase === "Succeeded");
      return void fleet.operations.delete(ended[which % Math.max(ended.length, 1)]?.metadata.name ?? "");
    }
    case "pause":
      return fleet.setSpec({ paused: true });
    case "go on":
      return fleet.setSpec({ paused: false });
    case "profile":
      return fleet.setProfile((fleet.profile?.metadata.generation ?? 0) + 1);
    case "hour":
      fleet.nowMs += 60 * 60_000;
  }
}

function isOpenAt(nowMs: number): boolean {
  const now = new Date(nowMs);
  return [2, 3].includes(now.getUTCDay()) && now.getUTCHours() >= 10 && now.getUTCHours() < 15;
}
