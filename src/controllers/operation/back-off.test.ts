import assert from "node:assert/strict";
import { test } from "node:test";
import { describeError, StargateError } from "../../lib/errors.ts";
import { backOffMs, countsAsFailure, mayTryAgain } from "./back-off.ts";

const rows: [attempts: number, reason: string, ms: number][] = [
  [1, "ConnectionRefused", 2_000],
  [3, "ConnectionRefused", 8_000],
  [30, "HostUnreachable", 15_000],
  [1, "ConnectionLost", 5_000],
  [2, "ApiUnavailable", 10_000],
  [30, "ApiUnavailable", 60_000],
];

for (const [attempts, reason, ms] of rows) {
  void test(`backOffMs() waits ${ms} ms after attempt ${attempts} ended in ${reason}`, () => {
    assert.equal(
      backOffMs(attempts, reason, () => 1),
      ms,
    );
    assert.equal(
      backOffMs(attempts, reason, () => 0),
      ms * 0.8,
    );
  });
}

const retriable = true;
const errors: [error: unknown, again: boolean, counts: boolean][] = [
  [new StargateError("ConnectionLost", "lost", { retriable }), true, false],
  [new StargateError("HostRestarting", "restarting", { retriable }), true, false],
  [new StargateError("HostKeyMismatch", "another key"), false, true],
  [new StargateError("ApiForbidden", "not allowed"), true, false],
  [new StargateError("ApiServerUnreachable", "from the worker", { retriable }), true, true],
  [new StargateError("StepInterrupted", "killed", { retriable }), true, true],
  [new Error("anything"), true, true],
];

for (const [error, again, counts] of errors) {
  const what = error instanceof StargateError ? error.reason : describeError(error);
  void test(`mayTryAgain() says ${again} to ${what}, countsAsFailure() ${counts}`, () => {
    assert.equal(mayTryAgain(error), again);
    assert.equal(countsAsFailure(error), counts);
  });
}
