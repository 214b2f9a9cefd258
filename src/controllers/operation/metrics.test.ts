import assert from "node:assert/strict";
import { test } from "node:test";
import { Registry } from "prom-client";
import type { OperationStatus } from "../../api/v1alpha1/operation.ts";
import { StargateError } from "../../lib/errors.ts";
import { createOperationMetrics } from "./metrics.ts";
import { Story } from "./story.ts";

/** One number among the metrics; undefined where it is not told. */
async function read(registry: Registry, sample: string): Promise<number | undefined> {
  const line = (await registry.metrics()).split("\n").find((one) => one.startsWith(`${sample} `));
  return line === undefined ? undefined : Number(line.slice(sample.length));
}

void test("metrics count what is worked on and what is connected, while it is", async () => {
  const story = new Story();
  const seen: (number | undefined)[] = [];
  const look = async (): Promise<void> => {
    for (const name of ["stargate_operations_in_flight", "stargate_ssh_sessions"]) {
      seen.push(await read(story.registry, `${name}{provider="qemu"}`));
    }
  };
  story.doing["prepare-host"] = look;

  await story.reconcile();
  await look();

  assert.deepEqual(seen, [1, 1, 0, 0]);
});

void test("metrics tell how long steps took, and how they ended", async () => {
  const story = new Story();
  story.doing["prepare-host"] = async () => {
    story.clock.advance(7_000);
    return Promise.resolve();
  };
  story.doing["reset-node"] = async () =>
    Promise.reject(new StargateError("CommandFailed", "reset-node on vm-1: exit code 1"));

  await story.reconcile();

  const { registry } = story;
  const labels = (step: string, outcome: string) => `{provider="qemu",step="${step}",outcome="${outcome}"}`;
  const sum = `stargate_step_duration_seconds_sum${labels("prepare-host", "succeeded")}`;
  assert.equal(await read(registry, sum), 7);
  const failed = `stargate_step_duration_seconds_count${labels("reset-node", "failed")}`;
  assert.equal(await read(registry, failed), 1);
  const ended = 'stargate_operations_total{provider="qemu",phase="Failed",reason="CommandFailed"}';
  assert.equal(await read(registry, ended), 1);
});

void test("metrics count the Operations that there are, by phase and reason, and forget those that are gone", async () => {
  const registry = new Registry();
  const metrics = createOperationMetrics(registry, "qemu");
  let statuses: OperationStatus[] = [
    {},
    { phase: "Pending", reason: "WaitingForTurn" },
    { phase: "Pending", reason: "WaitingForTurn" },
    { phase: "Running", reason: "InProgress" },
  ];
  metrics.count(() => statuses.map((status) => ({ status })));
  const sample = (phase: string, reason: string) =>
    `stargate_operations_present{provider="qemu",phase="${phase}",reason="${reason}"}`;

  assert.equal(await read(registry, sample("Pending", "")), 1);
  assert.equal(await read(registry, sample("Pending", "WaitingForTurn")), 2);
  assert.equal(await read(registry, sample("Running", "InProgress")), 1);
  statuses = [{ phase: "Running", reason: "InProgress" }];
  assert.equal(await read(registry, sample("Pending", "WaitingForTurn")), undefined);
  assert.equal(await read(registry, sample("Running", "InProgress")), 1);
});
