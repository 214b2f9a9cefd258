import assert from "node:assert/strict";
import { test } from "node:test";
import { AT, GROUP, putNic, putVm, startNetwork, startWorld } from "./test-world.ts";

async function namesOf(list: AsyncIterable<{ name?: string }>): Promise<(string | undefined)[]> {
  const names = [];
  for await (const { name } of list) names.push(name);
  return names;
}

void test("sizes are listed with their zones and with what the subscription may not have", async () => {
  await using world = await startWorld({
    settings: { restrictions: [{ size: "Standard_D2s_v5", location: "canadacentral", zones: ["2"] }] },
  });
  const found = [];
  for await (const sku of world.compute.resourceSkus.list({ filter: "location eq 'canadacentral'" })) {
    if (sku.name === "Standard_D2s_v5") found.push(sku);
  }

  const [sku, ...others] = found;
  assert.deepEqual(others, []);
  assert.deepEqual(sku?.locationInfo?.[0]?.zones, ["1", "2", "3"]);
  assert.deepEqual(sku.restrictions?.[0]?.restrictionInfo?.zones, ["2"]);
  assert.equal(sku.restrictions[0].reasonCode, "NotAvailableForSubscription");
  assert.equal(sku.capabilities?.find(({ name }) => name === "MaxNetworkInterfaces")?.value, "2");
});

void test("usages count what is there", async () => {
  await using world = await startNetwork({ settings: { quotas: { standardDSv5Family: 10 } } });
  await putNic(world, "nic");
  await putVm(world, "vm", ["nic"]);
  const usages: Record<string, number[]> = {};
  for await (const { name, currentValue, limit } of world.compute.usage.list("Canada Central")) {
    usages[name.value ?? ""] = [currentValue, limit];
  }

  assert.deepEqual(usages["standardDSv5Family"], [2, 10]);
  assert.deepEqual(usages["cores"], [2, 100]);
  assert.deepEqual(usages["virtualMachines"], [1, 25_000]);
});

void test("the newest version of an image can be asked for", async () => {
  await using world = await startWorld();
  const list = async (offer: string): Promise<(string | undefined)[]> =>
    (
      await world.compute.virtualMachineImages.list("canadacentral", "Canonical", offer, "server", {
        top: 1,
        orderby: "name desc",
      })
    ).map(({ name }) => name);

  assert.deepEqual(await list("ubuntu-24_04-lts"), ["24.04.202511050"]);
  await assert.rejects(list("ubuntu-3_14"), { statusCode: 404 });
});

void test("long lists come in pages, and all of them are read", async () => {
  await using world = await startNetwork({ settings: { pageSize: 2 } });
  for (const name of ["a", "b", "c", "d", "e"]) await putNic(world, name);

  assert.deepEqual(await namesOf(world.network.networkInterfaces.list(GROUP)), ["a", "b", "c", "d", "e"]);
  assert.equal(world.fake.calls.filter(({ path }) => path.endsWith("/networkInterfaces")).length, 3);
});

void test("groups and resources are found by their tags", async () => {
  await using world = await startNetwork();
  const { resourceGroups, resources } = world.resources;
  await resourceGroups.createOrUpdate("ours", { ...AT, tags: { owner: "us" } });
  await putNic(world, "nic", { tags: { owner: "us" } });
  const filter = "tagName eq 'owner' and tagValue eq 'us'";

  assert.deepEqual(await namesOf(resourceGroups.list({ filter })), ["ours"]);
  assert.deepEqual(await namesOf(resources.list({ filter })), ["nic"]);
  assert.deepEqual(new Set(await namesOf(resources.listByResourceGroup(GROUP))), new Set(["nic", "vnet"]));
  await assert.rejects(namesOf(resourceGroups.list({ filter: "tagName is owner" })), { statusCode: 400 });
});

void test("lists in what is not there fail", async () => {
  await using world = await startNetwork();

  await assert.rejects(namesOf(world.network.networkInterfaces.list("other")), { statusCode: 404 });
  await assert.rejects(namesOf(world.network.subnets.list(GROUP, "other")), { statusCode: 404 });
  assert.deepEqual(await namesOf(world.network.subnets.list(GROUP, "vnet")), ["workers"]);
});
