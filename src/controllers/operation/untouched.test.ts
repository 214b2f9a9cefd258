import assert from "node:assert/strict";
import { test } from "node:test";
import { stopsBeforeChanges } from "./untouched.ts";

const startedAt = "2026-01-01T00:00:00Z";
const steps = (begun: readonly string[]) =>
  ["connect", "send-artifacts", "drain-node", "reset-node", "join-cluster"].map((name) => ({
    name,
    state: "Pending" as const,
    ...(begun.includes(name) ? { startedAt } : {}),
  }));

for (const [given, begun, says] of [
  ["nothing begun", [], true],
  ["preparations", ["connect", "send-artifacts"], true],
  ["a drain", ["connect", "send-artifacts", "drain-node"], true],
  ["a reset", ["connect", "drain-node", "reset-node"], false],
] as const) {
  void test(`stopsBeforeChanges() given ${given} says ${says}`, () => {
    assert.equal(stopsBeforeChanges({ status: { steps: steps(begun) } }), says);
  });
}

void test("stopsBeforeChanges() says true of an Operation that has no steps yet", () => {
  assert.equal(stopsBeforeChanges({ status: {} }), true);
});
