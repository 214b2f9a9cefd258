import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyCounter, options, request, startAzure } from "./azure-world.ts";

void test("a datacenter is made, found unchanged, and removed without a trace", async () => {
  await using azure = await startAzure();
  const { provider, fake, guests } = azure;
  const join = new KeyCounter();

  await provider.preflight(request(), options(azure), azure.run());
  const inventory = await provider.ensureDatacenter(request(), options(azure), join, azure.run());

  assert.deepEqual(
    [inventory.router, ...inventory.workers].map(({ name, ipv4 }) => [name, ipv4]),
    [
      ["router-1", "10.50.1.4"],
      ["worker-1", "10.50.1.10"],
      ["worker-2", "10.50.1.11"],
    ],
  );
  for (const { name, hostKey, macAddress } of [inventory.router, ...inventory.workers]) {
    assert.equal(hostKey, guests.get(name)?.hostKey.split(" ").slice(0, 2).join(" "));
    assert.match(macAddress, /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
  }
  assert.deepEqual(join.keys.length, 1);

  const written = fake.calls.filter(({ method }) => method !== "GET").length;
  const again = await provider.ensureDatacenter(request(), options(azure), join, azure.run());

  assert.deepEqual(again, inventory);
  assert.deepEqual(
    fake.calls.slice().filter(({ method }) => method !== "GET").length - written,
    1, // the router is asked
  );
  assert.deepEqual(join.keys.length, 1);

  await provider.destroyDatacenter("router-1", azure.run());

  assert.deepEqual(
    fake.arm.store.all().map(({ id }) => id),
    [],
  );
});
