import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../src/lib/clock.ts";
import { createAzureProvider } from "../../src/providers/azure/azure-provider.ts";
import { connectorTo, KeyCounter, options, request, startAzure } from "./azure-world.ts";
import { ScaledClock } from "./fake-arm/core/clock.ts";
import { FakeArm } from "./fake-arm/fake-arm.ts";
import { ScriptedGuest } from "./scripted-guest.ts";

/** So many times as fast as Azure. */
const FACTOR = 10;

void test("a datacenter of ten workers takes hardly longer than one of one", async (t) => {
  const one = await measure(1);
  const ten = await measure(10);

  t.diagnostic(
    `1 worker: ${one.toFixed(0)} s of Azure's time, 10 workers: ${ten.toFixed(0)} s, ratio ${(ten / one).toFixed(2)}`,
  );
  assert.ok(ten <= 1.5 * one, `${ten} s against ${one} s`);
});

/** Seconds of Azure's time that a datacenter takes, from nothing. */
async function measure(workers: number): Promise<number> {
  await using azure = await startAzure();
  const clock: Clock = {
    now: () => performance.now() * FACTOR,
    sleep: async (ms, signal) => sleep(ms / FACTOR, undefined, signal === undefined ? {} : { signal }),
  };
  const fake = await FakeArm.start({ clock: new ScaledClock(FACTOR), onVm: (vm) => new ScriptedGuest(vm) });
  try {
    const provider = createAzureProvider(connectorTo(fake));
    const vmNames = Array.from({ length: workers }, (_, index) => `worker-${index + 1}`);
    const start = performance.now();
    await provider.ensureDatacenter(request({ vmNames }), options(azure), new KeyCounter(), {
      ...azure.run(),
      env: { AZURE_RESOURCE_MANAGER_ENDPOINT: fake.endpoint },
      clock,
    });
    return ((performance.now() - start) * FACTOR) / 1000;
  } finally {
    await fake.stop();
  }
}
