import assert from "node:assert/strict";
import { test } from "node:test";
import type { RolloutStatus } from "../../api/v1alpha1/rollout.ts";
import { newsOf } from "./report.ts";

function statusWith(type: string, reason: string, isSo = true): RolloutStatus {
  const condition = { type, status: isSo ? ("True" as const) : ("False" as const), reason, message: "words" };
  return { revision: "one", conditions: [{ ...condition, lastTransitionTime: "2026-03-03T00:00:00Z" }] };
}

function newsBetween(before: RolloutStatus, after: RolloutStatus): string[] {
  return newsOf(before, after).map(({ type, reason }) => `${type} ${reason}`);
}

void test("a new revision is news", () => {
  assert.deepEqual(newsBetween({}, { revision: "one" }), ["Normal NewRevision"]);
  assert.deepEqual(newsBetween({ revision: "one" }, { revision: "one" }), []);
});

void test("what has become so is news, once for each reason; progress is told by the status", () => {
  const fine = statusWith("Stalled", "NotStalled", false);
  const stalled = statusWith("Stalled", "CanaryFailed");

  assert.deepEqual(newsBetween(fine, stalled), ["Warning CanaryFailed"]);
  assert.deepEqual(newsBetween(stalled, stalled), []);
  assert.deepEqual(newsBetween(stalled, statusWith("Stalled", "TooManyUnavailable")), [
    "Warning TooManyUnavailable",
  ]);
  assert.deepEqual(newsBetween(stalled, fine), []);
  assert.deepEqual(newsBetween(fine, statusWith("Complete", "AllDone")), ["Normal AllDone"]);
  assert.deepEqual(newsBetween(fine, statusWith("Progressing", "ServersRunning")), []);
});
