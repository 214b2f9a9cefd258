import assert from "node:assert/strict";
import { test } from "node:test";
import { delayUntilNextTry } from "./server-prober.ts";

const rows: [failures: number, random: number, delayMs: number][] = [
  [0, 0, 15_000],
  [0, 1, 30_000],
  [1, 0.5, 2_000],
  [2, 0.5, 4_000],
  [3, 0.5, 8_000],
  [4, 0, 15_000],
  [4, 1, 16_000],
  [5, 0.5, 22_500],
  [2_000, 1, 30_000],
];

for (const [failures, random, delayMs] of rows) {
  void test(`a server is tried again ${delayMs} ms after ${failures} failures`, () => {
    assert.equal(delayUntilNextTry(failures, random), delayMs);
  });
}
