import assert from "node:assert/strict";
import { test } from "node:test";
import { API_VERSION } from "../api/v1alpha1/kind.ts";
import { Rollout, type RolloutStatus } from "../api/v1alpha1/rollout.ts";
import { operationWith, profileWith } from "../api/v1alpha1/test-objects.ts";
import { describeRollout, rolloutOutcome } from "./describe-rollout.ts";

const counts = { total: 4, updated: 1, running: 0, failed: 2, pending: 1, unavailable: 2 };

function rolloutWith(status: RolloutStatus): Rollout {
  return Rollout.parse({
    apiVersion: API_VERSION,
    kind: "Rollout",
    metadata: { ...profileWith().metadata, name: "workers", generation: 2 },
    spec: {
      selector: { matchLabels: { rack: "7" } },
      provisioningProfileRef: { name: "worker" },
      operation: "repave",
    },
    status,
  });
}

const outcomes: [what: string, status: RolloutStatus, outcome: ReturnType<typeof rolloutOutcome>][] = [
  ["nobody has looked at", {}, undefined],
  ["that is complete", { observedGeneration: 2, phase: "Complete" }, "complete"],
  ["that was complete before it was changed", { observedGeneration: 1, phase: "Complete" }, undefined],
  ["that is stalled", { observedGeneration: 2, phase: "Stalled", counts }, "stalled"],
  [
    "that is stalled while something runs",
    { observedGeneration: 2, phase: "Stalled", counts: { ...counts, running: 1 } },
    undefined,
  ],
  ["that is paused", { observedGeneration: 2, phase: "Paused", counts }, undefined],
];
for (const [what, status, outcome] of outcomes) {
  void test(`rolloutOutcome() of a Rollout ${what} is ${outcome ?? "none yet"}`, () => {
    assert.equal(rolloutOutcome(rolloutWith(status)), outcome);
  });
}

void test("describeRollout() tells phase, message, counts, and why the first servers failed", () => {
  const failed = Array.from({ length: 11 }, (_, index) =>
    operationWith({ name: `op-${index}`, server: `vm-${index}`, status: { phase: "Failed", message: "no" } }),
  );

  const lines = describeRollout(rolloutWith({ phase: "Stalled", message: "2 of 4 failed", counts }), failed);

  assert.deepEqual(lines.slice(0, 4), [
    "Rollout workers: repave by worker: Stalled",
    "  2 of 4 failed",
    "  total 4, updated 1, running 0, failed 2, pending 1, unavailable 2",
    "  vm-0 failed: no (op-0)",
  ]);
  assert.equal(lines.length, 3 + 10 + 1);
  assert.equal(lines.at(-1), "  and 1 more");
});
