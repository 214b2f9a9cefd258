import assert from "node:assert/strict";
import { test } from "node:test";
import { describeDuration, parseDurationMs } from "./duration.ts";

for (const [text, ms] of [
  ["30m", 1_800_000],
  ["1h30m", 5_400_000],
  ["90s", 90_000],
  ["1h1m1s", 3_661_000],
  ["", 0],
  ["1m1h", 0],
  ["5 minutes", 0],
] as const) {
  void test(`parseDurationMs("${text}") is ${ms}`, () => {
    assert.equal(parseDurationMs(text), ms);
  });
}

for (const [ms, text] of [
  [1_800_000, "30 minutes"],
  [90_000, "90 seconds"],
  [1_000, "1 second"],
] as const) {
  void test(`describeDuration(${ms}) is "${text}"`, () => {
    assert.equal(describeDuration(ms), text);
  });
}
