import assert from "node:assert/strict";
import { test } from "node:test";
import { describeError, StargateError } from "../../lib/errors.ts";
import { backOffMs, mayTryAgain } from "./back-off.ts";

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
    assert.equal(backOffMs(attempts, reason), ms);
  });
}

const errors: [error: unknown, again: boolean][] = [
  [new StargateError("ConnectionLost", "lost", { retriable: true }), true],
  [new StargateError("HostKeyMismatch", "another key"), false],
  [new StargateError("ApiForbidden", "not allowed"), true],
  [new Error("anything"), true],
];

for (const [error, again] of errors) {
  void test(`mayTryAgain() says ${again} to ${describeError(error)}`, () => {
    assert.equal(mayTryAgain(error), again);
  });
}
