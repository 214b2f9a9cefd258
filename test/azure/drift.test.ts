import assert from "node:assert/strict";
import { test } from "node:test";
import type { Arm } from "../../src/providers/azure/arm/arm.ts";
import type { PlanLine } from "../../src/providers/provider.ts";
import { KeyCounter, options, request, startAzure, type AzureWorld } from "./azure-world.ts";

async function withDatacenter(azure: AzureWorld): Promise<{ arm: Arm; join: KeyCounter }> {
  const join = new KeyCounter();
  await azure.provider.ensureDatacenter(request(), options(azure), join, azure.run());
  return { arm: await azure.connect(azure.fake.settings.subscriptionId, azure.run()), join };
}

/** What a plan would do, leaving out what it would leave alone. */
async function changes(azure: AzureWorld, asked = request()): Promise<PlanLine[]> {
  const lines = await azure.provider.plan(asked, options(azure), azure.run());
  return lines.filter(({ action }) => action !== "unchanged");
}

void test("plan() lists everything in order where nothing is there, and makes nothing", async () => {
  await using azure = await startAzure();

  const lines = await azure.provider.plan(request({ vmNames: ["worker-1"] }), options(azure), azure.run());

  assert.deepEqual(
    lines.map(({ action, what }) => `${action} ${what}`),
    [
      "create resource group dc",
      "create virtual network stargate-vnet",
      "create security group router-1-nsg",
      "create route table router-1-routes",
      "create public address router-1-ip",
      "create subnet router-1-uplink",
      "create subnet stargate-subnet",
      "create network interface router-1-uplink-nic",
      "create network interface router-1-nic",
      "create VM router-1",
      "update host key of router-1, read and pinned",
      "create network interface worker-1-nic",
      "create VM worker-1",
      "update host key of worker-1, read and pinned",
    ],
  );
  assert.deepEqual(azure.fake.arm.store.all(), []);
});

void test("what was changed by others is found, and put right", async () => {
  await using azure = await startAzure();
  const { arm, join } = await withDatacenter(azure);
  assert.deepEqual(await changes(azure), []);

  await arm.run("drift", () => arm.network.securityRules.delete("dc", "router-1-nsg", "deny-internet"));
  await arm.run("drift", () => arm.network.routes.delete("dc", "router-1-routes", "default"));
  await arm.run("drift", () =>
    arm.network.routes.createOrUpdate("dc", "router-1-routes", "theirs", {
      addressPrefix: "20.0.0.0/8",
      nextHopType: "Internet",
    }),
  );
  const nic = await arm.network.networkInterfaces.get("dc", "router-1-nic");
  await arm.run("drift", () =>
    arm.network.networkInterfaces.createOrUpdate("dc", "router-1-nic", { ...nic, enableIPForwarding: false }),
  );
  await arm.run("drift", () => arm.compute.virtualMachines.deallocate("dc", "worker-1"));
  await arm.run("drift", () => arm.compute.virtualMachines.delete("dc", "worker-2"));

  assert.deepEqual(await changes(azure), [
    {
      action: "update",
      what: "security group router-1-nsg (securityRules.deny-internet)",
    },
    {
      action: "update",
      what: "route table router-1-routes (routes.default)",
    },
    { action: "update", what: "network interface router-1-nic (enableIPForwarding)" },
    { action: "start", what: "VM worker-1" },
    { action: "create", what: "network interface worker-2-nic" },
    { action: "create", what: "VM worker-2" },
    { action: "update", what: "host key of worker-2, read and pinned" },
  ]);
  const inventory = await azure.provider.ensureDatacenter(request(), options(azure), join, azure.run());

  assert.deepEqual(await changes(azure), []);
  assert.deepEqual(
    inventory.workers.map(({ ipv4 }) => ipv4),
    ["10.50.1.10", "10.50.1.11"],
  );
  const table = await arm.network.routeTables.get("dc", "router-1-routes");
  assert.ok(
    table.routes?.some(({ name }) => name === "theirs"),
    "what others added stays",
  );
});

void test("workers keep their addresses, whoever is named and in whatever order", async () => {
  await using azure = await startAzure();
  const { join } = await withDatacenter(azure);

  const asked = request({ vmNames: ["worker-3", "worker-2"] });
  const inventory = await azure.provider.ensureDatacenter(asked, options(azure), join, azure.run());

  assert.deepEqual(
    inventory.workers.map(({ name, ipv4 }) => [name, ipv4]),
    [
      ["worker-3", "10.50.1.12"],
      ["worker-2", "10.50.1.11"],
    ],
  );
  assert.equal(azure.guests.get("worker-1")?.isOn, true);
});

void test("what cannot be changed is reported, and left", async () => {
  await using azure = await startAzure();
  const { join } = await withDatacenter(azure);
  const wish = options(azure, { vmSize: "Standard_D4s_v5", routerVmSize: "Standard_D2s_v5" });

  await azure.provider.ensureDatacenter(request(), wish, join, azure.run());

  assert.ok(
    azure.progress.includes(
      "VM worker-1 has another hardwareProfile.vmSize than asked for, and keeps it; delete it to have it made anew",
    ),
  );
});

void test("a router that its tailnet forgot joins again, with another key", async () => {
  await using azure = await startAzure();
  const { join } = await withDatacenter(azure);

  join.device = "absent";
  await azure.provider.ensureDatacenter(request(), options(azure), join, azure.run());

  assert.deepEqual(azure.guests.get("router-1")?.usedKeys, join.keys);
  assert.equal(join.keys.length, 2);
});

void test("no secret is in custom data, and no key stays valid in what Azure keeps", async () => {
  await using azure = await startAzure();
  const { join } = await withDatacenter(azure);
  const [key = ""] = join.keys;

  const stored = JSON.stringify(azure.fake.arm.store.all());
  assert.ok(!stored.includes(key));
  for (const { view } of azure.guests.values())
    assert.ok(!(view.customData?.toString() ?? "").includes("tskey"));
  assert.equal(azure.guests.get("worker-1")?.view.customData, undefined);
});

void test("two datacenters share a virtual network; each goes by itself", async () => {
  await using azure = await startAzure();
  const { join } = await withDatacenter(azure);
  const second = request({ routerName: "router-2", vmNames: ["worker-9"], subnetCidr: "10.50.2.0/24" });
  const wish = options(azure, { subnetName: "second-subnet" });
  await azure.provider.preflight(second, wish, azure.run());
  await azure.provider.ensureDatacenter(second, wish, join, azure.run());

  await azure.provider.destroyDatacenter("router-1", azure.run());
  assert.deepEqual(
    (await azure.provider.listDatacenters(azure.run())).map(({ router }) => router.name),
    ["router-2"],
  );
  assert.equal(azure.guests.get("worker-9")?.isOn, true);
  const ids = azure.fake.arm.store.all().map(({ id }) => id);
  assert.ok(ids.some((id) => id.endsWith("/subnets/second-subnet")));
  assert.ok(!ids.some((id) => id.includes("router-1") || id.includes("worker-1")));

  await azure.provider.destroyDatacenter("router-2", azure.run());
  assert.deepEqual(azure.fake.arm.store.all(), []);
});

void test("destroy leaves what is not ours: others' resources, network and group", async () => {
  await using azure = await startAzure();
  const arm = await azure.connect(azure.fake.settings.subscriptionId, azure.run());
  await arm.resources.resourceGroups.createOrUpdate("dc", { location: "eastus" });
  const at = { location: "canadacentral" };
  await arm.run("theirs", () =>
    arm.network.virtualNetworks.createOrUpdate("dc", "stargate-vnet", {
      ...at,
      addressSpace: { addressPrefixes: ["10.50.0.0/16"] },
    }),
  );
  await arm.run("theirs", () => arm.network.networkSecurityGroups.createOrUpdate("dc", "theirs", at));
  const before = azure.fake.arm.store.all().map(({ id }) => id);

  await azure.provider.preflight(request(), options(azure), azure.run());
  await azure.provider.ensureDatacenter(request(), options(azure), new KeyCounter(), azure.run());
  await azure.provider.destroyDatacenter("router-1", azure.run());

  assert.deepEqual(
    azure.fake.arm.store.all().map(({ id }) => id),
    before,
  );
});

void test("destroy needs to be told where, on a host that does not know; nothing there is fine", async () => {
  await using azure = await startAzure();
  const { subscriptionId } = azure.fake.settings;

  await assert.rejects(
    azure.provider.destroyDatacenter("router-9", azure.run()),
    /knows no datacenter router-9/,
  );
  await azure.provider.destroyDatacenter("router-9", azure.run(), {
    subscriptionId,
    resourceGroup: "nowhere",
  });
});
