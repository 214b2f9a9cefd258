import assert from "node:assert/strict";
import { test } from "node:test";
import { ROLLOUT_LABEL, ROLLOUT_UID_LABEL } from "../../api/v1alpha1/rollout.ts";
import { operationWith } from "../../api/v1alpha1/test-objects.ts";
import { OPERATION_FINALIZER } from "../operation/facts.ts";
import { goesAlong } from "./end.ts";
import { rolloutWith } from "./test-fleet.ts";

const rollout = rolloutWith();
const own = { labels: { [ROLLOUT_LABEL]: "ro", [ROLLOUT_UID_LABEL]: "uid-of-ro" } };
const startedAt = "2026-03-03T00:00:00Z";

const rows: [what: string, operation: Parameters<typeof operationWith>[0], isGone: boolean][] = [
  ["of its own that ended", { meta: own, status: { phase: "Failed", startedAt } }, true],
  ["of its own that nobody has taken up", { meta: own }, true],
  [
    "of its own that waits for something",
    { meta: own, status: { phase: "Pending", reason: "ServerBusy" } },
    true,
  ],
  ["of its own that runs", { meta: own, status: { phase: "Running", startedAt } }, false],
  ["of its own that is about to begin", { meta: { ...own, finalizers: [OPERATION_FINALIZER] } }, false],
  ["that it adopted", { meta: { labels: { [ROLLOUT_LABEL]: "ro" } }, status: { phase: "Succeeded" } }, false],
  [
    "of an earlier Rollout of this name",
    { meta: { labels: { ...own.labels, [ROLLOUT_UID_LABEL]: "earlier" } }, status: { phase: "Failed" } },
    false,
  ],
];
for (const [what, operation, isGone] of rows) {
  void test(`an Operation ${what} ${isGone ? "goes along with" : "outlives"} its Rollout`, () => {
    assert.equal(goesAlong(operationWith(operation), rollout), isGone);
  });
}

void test("all Operations outlive a Rollout that is deleted with --cascade=orphan", () => {
  const orphaning = { ...rollout, metadata: { ...rollout.metadata, finalizers: ["orphan"] } };

  assert.equal(goesAlong(operationWith({ meta: own, status: { phase: "Succeeded" } }), orphaning), false);
});
