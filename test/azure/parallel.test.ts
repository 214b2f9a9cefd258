import assert from "node:assert/strict";
import { test } from "node:test";
import { measureDatacenter } from "./measure-datacenter.ts";

void test("a datacenter of ten workers takes hardly longer than one of one", async (t) => {
  const one = await measureDatacenter(["worker-1"]);
  const ten = await measureDatacenter(Array.from({ length: 10 }, (_, index) => `worker-${index + 1}`));

  t.diagnostic(
    `1 worker: ${one.toFixed(0)} s of Azure's time, 10 workers: ${ten.toFixed(0)} s, ratio ${(ten / one).toFixed(2)}`,
  );
  assert.ok(ten <= 1.5 * one, `${ten} s against ${one} s`);
});
