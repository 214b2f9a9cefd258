import assert from "node:assert/strict";
import { test } from "node:test";
import { Command } from "commander";
import { UsageError } from "../lib/errors.ts";
import { addLeaseTimeFlags, leaseTimesOf, type LeaseTimeFlags } from "./lease-times.ts";

function timesOf(...argv: string[]) {
  const command = addLeaseTimeFlags(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  return leaseTimesOf(command.parse(argv, { from: "user" }).opts<LeaseTimeFlags>());
}

void test("leaseTimesOf() is as elsewhere in Kubernetes where nothing is said", () => {
  assert.deepEqual(timesOf(), { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 });
});

void test("leaseTimesOf() takes what is given", () => {
  const given = ["--leader-elect-lease-duration=1m30s", "--leader-elect-renew-deadline=1m"];
  assert.deepEqual(timesOf(...given), { durationMs: 90_000, renewDeadlineMs: 60_000, retryMs: 2_000 });
});

void test("leaseTimesOf() lets no leader stop later than another one begins", () => {
  assert.throws(() => timesOf("--leader-elect-lease-duration=10s"), UsageError);
  assert.throws(() => timesOf("--leader-elect-retry-period=10s"), UsageError);
});

void test("addLeaseTimeFlags() takes no nonsense", () => {
  for (const text of ["", "0s", "15", "soon"]) {
    assert.throws(() => timesOf(`--leader-elect-lease-duration=${text}`), /minutes and seconds/);
  }
});
