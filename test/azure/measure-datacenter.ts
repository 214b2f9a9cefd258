import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../src/lib/clock.ts";
import { createAzureProvider } from "../../src/providers/azure/azure-provider.ts";
import { connectorTo, KeyCounter, options, request, startAzure } from "./azure-world.ts";
import type { VmView } from "./fake-arm/compute/vm-backend.ts";
import { ScaledClock } from "./fake-arm/core/clock.ts";
import { FakeArm } from "./fake-arm/fake-arm.ts";
import { ScriptedGuest } from "./scripted-guest.ts";

/** So many times as fast as Azure. */
const FACTOR = 10;

/** Seconds of the fake Azure's time that a datacenter of these workers takes, from nothing. */
export async function measureDatacenter(
  vmNames: readonly string[],
  makeGuest: (vm: VmView) => ScriptedGuest = (vm) => new ScriptedGuest(vm),
): Promise<number> {
  await using azure = await startAzure();
  const clock: Clock = {
    now: () => performance.now() * FACTOR,
    sleep: async (ms, signal) => sleep(ms / FACTOR, undefined, signal === undefined ? {} : { signal }),
  };
  const fake = await FakeArm.start({ clock: new ScaledClock(FACTOR), onVm: makeGuest });
  try {
    const provider = createAzureProvider(connectorTo(fake));
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
