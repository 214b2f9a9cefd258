import assert from "node:assert/strict";
import { test } from "node:test";
import { Registry } from "prom-client";
import type { Condition } from "../../api/v1alpha1/kind.ts";
import { createDatacenterMetrics } from "./metrics.ts";
import { datacenterWith } from "./test-objects.ts";

const datacenter = datacenterWith();

function conditions(...pairs: [type: string, status: Condition["status"]][]): Condition[] {
  return pairs.map(([type, status]) => ({ type, status, reason: "R", message: "", lastTransitionTime: "" }));
}

void test("metrics tell the conditions of a datacenter that are known, and forget one that is gone", async () => {
  const registry = new Registry();
  const metrics = createDatacenterMetrics(registry, "qemu");
  const told = async () =>
    [...(await registry.metrics()).matchAll(/condition="(\w+)"\} (\d)/g)].map(([, type, value]) => [
      type,
      value,
    ]);

  metrics.show(
    datacenter,
    conditions(["RouterOnline", "True"], ["Ready", "False"], ["NoOverlap", "Unknown"]),
  );
  assert.deepEqual(await told(), [
    ["RouterOnline", "1"],
    ["Ready", "0"],
  ]);
  metrics.show(
    datacenter,
    conditions(["RouterOnline", "Unknown"], ["Ready", "True"], ["NoOverlap", "Unknown"]),
  );
  assert.deepEqual(await told(), [["Ready", "1"]]);
  metrics.forget(datacenter);
  assert.deepEqual(await told(), []);
  metrics.show(datacenter, conditions(["Ready", "True"]));
  metrics.forgetAll();
  assert.deepEqual(await told(), []);
});
