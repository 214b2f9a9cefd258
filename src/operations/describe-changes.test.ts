import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Operation, StepStatus } from "../api/v1alpha1/operation.ts";
import { operationWith } from "../api/v1alpha1/test-objects.ts";
import { describeChanges } from "./describe-changes.ts";

function operation(
  phase: "Pending" | "Running" | "Succeeded" | "Failed",
  steps: StepStatus[],
  message?: string,
): Operation {
  return operationWith({ status: { phase, steps, ...(message === undefined ? {} : { message }) } });
}
const at = { startedAt: "2026-01-01T00:00:00Z", finishedAt: "2026-01-01T00:00:07Z" };

void describe("describeChanges()", () => {
  const running = operation("Running", [{ name: "join", title: "Join the cluster", state: "Running" }]);
  const done = operation("Running", [{ name: "join", title: "Join the cluster", state: "Succeeded", ...at }]);
  const cases: [name: string, before: Operation | undefined, after: Operation, lines: string[]][] = [
    [
      "says why an Operation waits",
      undefined,
      operation("Pending", [], "no such Server"),
      ["vm-1: Pending: no such Server"],
    ],
    ["names a step that begins", operation("Running", []), running, ["vm-1: ▸ Join the cluster"]],
    ["tells how long a step took", running, done, ["vm-1: ✓ Join the cluster (7 s)"]],
    ["says nothing where nothing changed", done, done, []],
    [
      "tells the end",
      done,
      operation("Succeeded", done.status.steps ?? [], "node vm-1 is Ready"),
      ["vm-1: Succeeded: node vm-1 is Ready"],
    ],
    [
      "tells why a step failed",
      running,
      operation("Failed", [
        { name: "join", title: "Join the cluster", state: "Failed", message: "exit code 1" },
      ]),
      ["vm-1: ✗ Join the cluster: exit code 1", "vm-1: Failed"],
    ],
  ];
  for (const [name, before, after, lines] of cases) {
    void it(name, () => {
      assert.deepEqual(describeChanges(before, after), lines);
    });
  }
});
