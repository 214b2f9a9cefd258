import assert from "node:assert/strict";
import { test } from "node:test";
import { withCondition } from "./conditions.ts";

const early = { now: "2026-01-01T00:00:00Z", generation: 1 };
const late = { now: "2026-01-01T00:01:00Z", generation: 2 };
const ready = { type: "Ready", status: "False", reason: "NotYet", message: "waiting" } as const;

void test("withCondition() adds a condition that was not there", () => {
  assert.deepEqual(withCondition([], ready, early), [
    { ...ready, observedGeneration: 1, lastTransitionTime: early.now },
  ]);
});

void test("withCondition() keeps the transition time while only the reason changes", () => {
  const before = withCondition([], ready, early);

  const after = withCondition(before, { ...ready, reason: "Still", message: "still" }, late);

  assert.deepEqual(after, [
    { ...ready, reason: "Still", message: "still", observedGeneration: 2, lastTransitionTime: early.now },
  ]);
});

void test("withCondition() moves the transition time with the status, and leaves its neighbours in place", () => {
  const before = withCondition(withCondition([], ready, early), { ...ready, type: "Joined" }, early);

  const after = withCondition(before, { ...ready, status: "True" }, late);

  assert.deepEqual(
    after.map(({ type, status, lastTransitionTime }) => [type, status, lastTransitionTime]),
    [
      ["Ready", "True", late.now],
      ["Joined", "False", early.now],
    ],
  );
});
