import assert from "node:assert/strict";
import { test } from "node:test";
import { LEASE_SECONDS, planOf } from "./plan.ts";

const plans = Array.from({ length: 20 }, (_, seed) => planOf(seed));

void test("planOf() gives the same plan for the same seed, and another for another", () => {
  assert.deepEqual(planOf(7), planOf(7));
  assert.equal(new Set(plans.map((plan) => JSON.stringify({ ...plan, seed: 0 }))).size, plans.length);
});

void test("planOf() lets everything go wrong somewhere in the first twenty seeds", () => {
  const kinds = new Set(plans.flatMap(({ faults }) => faults.map(({ fault }) => fault.kind)));
  const changes = new Set(plans.flatMap(({ operations }) => operations.map(({ change }) => change?.kind)));
  const operations = new Set(plans.flatMap((plan) => plan.operations.map(({ operation }) => operation)));

  assert.deepEqual([...kinds].toSorted(), [
    ...["cut-ssh", "freeze-controller", "full-disk", "kill-api", "kill-controller"],
    ...["no-api", "no-router", "power-cut", "silent-api", "silent-router"],
  ]);
  assert.deepEqual(changes, new Set(["cancel", "delete", undefined]));
  assert.deepEqual([...operations].toSorted(), ["deprovision", "reboot", "repave"]);
  assert.ok(plans.some(({ controllers }) => controllers === 2));
  assert.ok(plans.some(({ skewMs }) => skewMs.controllers[0] !== 0));
  const elections = plans.filter(({ elects }) => elects);
  assert.ok(elections.every(({ controllers }) => controllers === 2));
  assert.ok(elections.some(({ skewMs }) => skewMs.controllers[0] !== skewMs.controllers[1]));
  const long = elections
    .flatMap(({ faults }) => faults.map(({ fault }) => fault))
    .filter((fault) => "ms" in fault && fault.ms > LEASE_SECONDS.duration * 1_000)
    .map(({ kind }) => kind);
  assert.ok(long.includes("freeze-controller") && (long.includes("no-api") || long.includes("silent-api")));
  assert.ok(plans.some(({ killsAtEveryBoundary }) => killsAtEveryBoundary));
});
