import assert from "node:assert/strict";
import { test } from "node:test";
import { isAborted } from "../../src/lib/errors.ts";
import { KeyCounter, options, request, startAzure, type AzureWorld } from "./azure-world.ts";
import { Random } from "./fake-arm/core/random.ts";

/** STARGATE_FAULT_RUNS says another number. */
const RUNS = Number(process.env["STARGATE_FAULT_RUNS"] ?? 300);
const SEEDS_AT_ONCE = 25;

const EXPECTED = [
  "resourceGroups/dc",
  "disks/router-1-os",
  "disks/worker-1-os",
  "disks/worker-2-os",
  "networkInterfaces/router-1-nic",
  "networkInterfaces/router-1-uplink-nic",
  "networkInterfaces/worker-1-nic",
  "networkInterfaces/worker-2-nic",
  "networkSecurityGroups/router-1-nsg",
  "publicIPAddresses/router-1-ip",
  "routeTables/router-1-routes",
  "virtualMachines/router-1",
  "virtualMachines/worker-1",
  "virtualMachines/worker-2",
  "virtualNetworks/stargate-vnet",
  "virtualNetworks/stargate-vnet/subnets/router-1-uplink",
  "virtualNetworks/stargate-vnet/subnets/stargate-subnet",
];

/** Provisions until a crash at some request, provisions again, destroys until a crash, destroys again; faults all along. */
async function story(azure: AzureWorld, seed: number): Promise<void> {
  const random = new Random(seed);
  const { fake, provider, clock } = azure;
  const join = new KeyCounter();
  fake.faults.atRandom(random, 0.06);

  await untilCrash(azure, random.below(120), (signal) =>
    provider.ensureDatacenter(request(), options(azure), join, azure.run(signal)),
  );
  const inventory = await insist(() =>
    provider.ensureDatacenter(request(), options(azure), join, azure.run()),
  );

  assert.deepEqual(namesIn(azure), EXPECTED.toSorted());
  assert.deepEqual(
    inventory.workers.map(({ ipv4 }) => ipv4),
    ["10.50.1.10", "10.50.1.11"],
  );
  for (const { name, hostKey } of [inventory.router, ...inventory.workers]) {
    assert.equal(`${hostKey} root@${name}`, azure.guests.get(name)?.hostKey);
  }
  assert.equal(azure.guests.get("router-1")?.tailnet, "Running");

  await untilCrash(azure, random.below(80), (signal) =>
    provider.destroyDatacenter("router-1", azure.run(signal)),
  );
  await insist(() => destroyed(azure));

  clock.calm();
  fake.faults.clear();
  assert.deepEqual(namesIn(azure), []);
}

async function destroyed(azure: AzureWorld): Promise<void> {
  const { subscriptionId } = azure.fake.settings;
  await azure.provider.destroyDatacenter("router-1", azure.run(), { subscriptionId, resourceGroup: "dc" });
}

async function untilCrash(
  { clock }: AzureWorld,
  requests: number,
  work: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const stop = new AbortController();
  clock.crashAfter(requests, () => stop.abort(new DOMException("crashed", "AbortError")));
  await work(stop.signal).catch((error: unknown) => {
    if (!isAborted(error)) return; // a fault that a run may end with: the next run goes on
  });
  clock.calm();
}

/** As a person does: the same command again, a few times at most. */
async function insist<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

function namesIn({ fake }: AzureWorld): string[] {
  return fake.arm.store
    .all()
    .map(
      ({ id }) =>
        id
          .split("/providers/")
          .at(-1)
          ?.replace(/^(Microsoft\.\w+|\/subscriptions\/[^/]+)\//, "") ?? "",
    )
    .filter((name) => !/\/(routes|securityRules)\//.test(name))
    .toSorted();
}

void test(`${RUNS} seeded runs with faults and crashes all converge, and leave nothing`, async () => {
  const failures: string[] = [];
  let faults = 0;
  for (let first = 1; first <= RUNS; first += SEEDS_AT_ONCE) {
    await using azure = await startAzure({}, first);
    for (let seed = first; seed < Math.min(first + SEEDS_AT_ONCE, RUNS + 1); seed++) {
      try {
        await story(azure, seed);
      } catch (error) {
        failures.push(`seed ${seed}: ${error instanceof Error ? error.stack : String(error)}`);
        break;
      }
    }
    faults += azure.fake.calls.filter(({ status }) => status === "reset" || status >= 500).length;
  }
  assert.deepEqual(failures, []);
  assert.ok(faults > RUNS * 3, `only ${faults} faults`);
});
