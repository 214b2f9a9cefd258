import assert from "node:assert/strict";
import { test } from "node:test";
import { POLL } from "./connect.ts";
import { z } from "zod";
import { AT, callRaw, GROUP, idOf, putNic, putPublicIp, putSubnet, startNetwork } from "./test-world.ts";

void test("two writes to one network at a time: the second is refused, at once or when it was accepted", async () => {
  const told = new Set<string>();
  for (let seed = 1; seed <= 8; seed++) {
    await using world = await startNetwork({ seed });
    world.fake.arm.settings.durations.network = 60_000;
    const first = world.network.subnets.createOrUpdate(
      GROUP,
      "vnet",
      "a",
      { addressPrefix: "10.50.2.0/24" },
      POLL,
    );
    await first.submitted();

    const second = putSubnet(world, "b", { addressPrefix: "10.50.3.0/24" });

    // The SDK itself comes back three times after a 429, so that the second may find the network free again.
    const outcome = await second.then(
      () => "retried",
      (error: unknown) => String(error),
    );
    await first;
    const { calls } = world.fake;
    const atOnce = calls.some(({ status, code }) => status === 429 && code === "AnotherOperationInProgress");
    told.add(atOnce ? "at once" : "later");
    if (!atOnce)
      assert.match(outcome, /AnotherOperationInProgress\. Another operation on this or dependent resource/);
    assert.equal((await world.network.subnets.get(GROUP, "vnet", "a")).provisioningState, "Succeeded");
  }
  assert.deepEqual(told, new Set(["at once", "later"]));
});

void test("a route table cannot be written while a subnet is just taking it", async () => {
  for (let seed = 1; seed <= 4; seed++) {
    await using world = await startNetwork({ seed });
    await world.network.routeTables.createOrUpdate(GROUP, "t", AT, POLL);
    world.fake.arm.settings.durations.network = 60_000;
    const subnet = { addressPrefix: "10.50.1.0/24", routeTable: { id: idOf(world, "routeTables/t") } };
    await world.network.subnets.createOrUpdate(GROUP, "vnet", "workers", subnet, POLL).submitted();
    const body = { properties: { addressPrefix: "0.0.0.0/0", nextHopType: "None" } };

    const path = `${idOf(world, "routeTables/t/routes/all")}?api-version=2026-01-01`;
    const answer = await callRaw(world.fake, "PUT", path, { body });

    world.clock.advance(5_000);
    const later = z.string().optional().parse(answer.headers["azure-asyncoperation"]);
    const told =
      later === undefined ? answer : await callRaw(world.fake, "GET", later.replace(world.fake.endpoint, ""));
    assert.match(told.body, /"code":"AnotherOperationInProgress"/);
  }
});

void test("interfaces are made side by side in one subnet", async () => {
  await using world = await startNetwork();

  const nics = await Promise.all(["a", "b", "c", "d"].map(async (name) => putNic(world, name)));

  const addresses = nics.map(({ ipConfigurations }) => ipConfigurations?.[0]?.privateIPAddress);
  assert.equal(new Set(addresses).size, 4);
});

void test("an interface must not refer to what is still being made", async () => {
  const told = new Set<string | undefined>();
  for (let seed = 1; seed <= 8; seed++) {
    await using world = await startNetwork({ seed });
    await putPublicIp(world, "p");
    world.fake.arm.settings.durations.network = 60_000;
    await world.network.publicIPAddresses
      .createOrUpdate(
        GROUP,
        "p",
        { ...AT, sku: { name: "Standard" }, publicIPAllocationMethod: "Static" },
        POLL,
      )
      .submitted();

    await putNic(world, "n", { publicIp: "p" }).catch(() => undefined);

    told.add(world.fake.calls.find(({ path, status }) => path.endsWith("/n") && status !== 201)?.code);
  }
  assert.deepEqual(told, new Set(["ReferencedResourceNotProvisioned", "RetryableError"]));
});

void test("what was in use may be refused a little longer", async () => {
  await using world = await startNetwork({ settings: { releaseLagMs: 20_000 } });
  await putPublicIp(world, "p");
  await putNic(world, "n", { publicIp: "p" });
  await world.network.networkInterfaces.delete(GROUP, "n", POLL);

  await assert.rejects(world.network.publicIPAddresses.delete(GROUP, "p", POLL), {
    code: "PublicIPAddressCannotBeDeleted",
  });
  world.clock.advance(20_000);
  await world.network.publicIPAddresses.delete(GROUP, "p", POLL);
});

void test("a resource group that is going takes nothing new, and all in it goes with it", async () => {
  await using world = await startNetwork();
  await putNic(world, "n");
  const going = world.resources.resourceGroups.delete(GROUP, POLL);
  await going.submitted();

  await assert.rejects(putNic(world, "m"), { statusCode: 409, code: "ResourceGroupBeingDeleted" });
  await going;

  assert.deepEqual(world.fake.arm.store.all(), []);
});

void test("a resource group that somebody outside uses stays", async () => {
  await using world = await startNetwork();
  await world.resources.resourceGroups.createOrUpdate("other", AT);
  await world.network.networkInterfaces.createOrUpdate(
    "other",
    "n",
    {
      ...AT,
      ipConfigurations: [{ name: "ip", subnet: { id: idOf(world, "virtualNetworks/vnet/subnets/workers") } }],
    },
    POLL,
  );

  await assert.rejects(world.resources.resourceGroups.delete(GROUP, POLL), {
    code: "ResourceGroupDeletionBlocked",
  });

  assert.equal((await world.resources.resourceGroups.get(GROUP)).properties?.provisioningState, "Succeeded");
});
