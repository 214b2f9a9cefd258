import assert from "node:assert/strict";
import { test } from "node:test";
import { POLL } from "./connect.ts";
import { AT, GROUP, putNic, putPublicIp, putSubnet, startNetwork, startWorld } from "./test-world.ts";

void test("addresses are given out from the fourth on, and nobody gets one twice", async () => {
  await using world = await startNetwork();
  const first = await putNic(world, "n1");
  const pinned = await putNic(world, "n2", { address: "10.50.1.5" });
  const next = await putNic(world, "n3");

  assert.deepEqual(
    [first, pinned, next].map(({ ipConfigurations }) => ipConfigurations?.[0]?.privateIPAddress),
    ["10.50.1.4", "10.50.1.5", "10.50.1.6"],
  );
  await assert.rejects(putNic(world, "n4", { address: "10.50.1.5" }), {
    code: "PrivateIPAddressIsAllocated",
  });
  await putSubnet(world, "small", { addressPrefix: "10.50.2.0/29" });
  for (const name of ["s1", "s2", "s3"]) await putNic(world, name, { subnet: "small" });
  await assert.rejects(putNic(world, "s4", { subnet: "small" }), { code: "SubnetIsFull" });
});

void test("subnets are private unless they say otherwise", async () => {
  await using world = await startNetwork();

  const plain = await world.network.subnets.get(GROUP, "vnet", "workers");
  const open = await putSubnet(world, "open", { addressPrefix: "10.50.2.0/24", defaultOutboundAccess: true });

  assert.deepEqual([plain.defaultOutboundAccess, open.defaultOutboundAccess], [false, true]);
});

void test("what is in use is kept until its users are gone", async () => {
  await using world = await startNetwork();
  const { network } = world;
  const table = await network.routeTables.createOrUpdate(GROUP, "t", AT, POLL);
  const group = await network.networkSecurityGroups.createOrUpdate(GROUP, "g", AT, POLL);
  assert.ok(table.id !== undefined && group.id !== undefined);
  const subnet = { addressPrefix: "10.50.1.0/24" };
  await putSubnet(world, "workers", {
    ...subnet,
    routeTable: { id: table.id },
    networkSecurityGroup: { id: group.id },
  });
  await putPublicIp(world, "p");
  await putNic(world, "n", { publicIp: "p" });

  await assert.rejects(network.subnets.delete(GROUP, "vnet", "workers", POLL), {
    code: "InUseSubnetCannotBeDeleted",
  });
  await assert.rejects(network.virtualNetworks.delete(GROUP, "vnet", POLL), {
    code: "InUseSubnetCannotBeDeleted",
  });
  await assert.rejects(network.publicIPAddresses.delete(GROUP, "p", POLL), {
    code: "PublicIPAddressCannotBeDeleted",
  });
  await assert.rejects(network.routeTables.delete(GROUP, "t", POLL), {
    code: "InUseRouteTableCannotBeDeleted",
  });
  await assert.rejects(network.networkSecurityGroups.delete(GROUP, "g", POLL), {
    code: "InUseNetworkSecurityGroupCannotBeDeleted",
  });
  await assert.rejects(putNic(world, "other", { publicIp: "p" }), { code: "PublicIPAddressInUse" });
  await assert.rejects(putSubnet(world, "workers", { addressPrefix: "10.50.7.0/24" }), {
    code: "InUsePrefixCannotBeDeleted",
  });

  await network.networkInterfaces.delete(GROUP, "n", POLL);
  await putSubnet(world, "workers", subnet);
  await network.routeTables.delete(GROUP, "t", POLL);
  await network.networkSecurityGroups.delete(GROUP, "g", POLL);
  await network.publicIPAddresses.delete(GROUP, "p", POLL);
  await network.virtualNetworks.delete(GROUP, "vnet", POLL);
  await network.virtualNetworks.delete(GROUP, "vnet", POLL);
  assert.equal(world.fake.calls.at(-1)?.status, 204);
});

void test("a network keeps its subnets when they are left out, and loses those missing in a list", async () => {
  await using world = await startNetwork();
  const { network } = world;
  const space = { ...AT, addressSpace: { addressPrefixes: ["10.50.0.0/16"] } };

  const kept = await network.virtualNetworks.createOrUpdate(
    GROUP,
    "vnet",
    { ...space, tags: { a: "b" } },
    POLL,
  );
  const emptied = await network.virtualNetworks.createOrUpdate(
    GROUP,
    "vnet",
    { ...space, subnets: [] },
    POLL,
  );

  assert.deepEqual([kept.subnets?.map(({ name }) => name), emptied.subnets], [["workers"], []]);
  assert.equal(emptied.tags, undefined);
});

void test("routes are children of their own, and go when their table is written without them", async () => {
  await using world = await startNetwork();
  const { routes, routeTables } = world.network;
  await routeTables.createOrUpdate(GROUP, "t", AT, POLL);
  const toRouter = { nextHopType: "VirtualAppliance", nextHopIpAddress: "10.50.1.4" } as const;
  await routes.createOrUpdate(GROUP, "t", "tailnet", { addressPrefix: "100.64.0.0/10", ...toRouter }, POLL);
  await routes.createOrUpdate(GROUP, "t", "all", { addressPrefix: "0.0.0.0/0", ...toRouter }, POLL);

  assert.deepEqual(
    (await routeTables.get(GROUP, "t")).routes?.map(({ name }) => name),
    ["tailnet", "all"],
  );
  await assert.rejects(
    routes.createOrUpdate(GROUP, "t", "again", { addressPrefix: "0.0.0.0/0", ...toRouter }, POLL),
    {
      statusCode: 400,
      code: "RouteConflict",
      message: "Route: again conflicts with Route: all. Routes cannot have the same AddressPrefix.",
    },
  );
  await routes.delete(GROUP, "t", "all", POLL);
  assert.equal((await routes.get(GROUP, "t", "tailnet")).nextHopIpAddress, "10.50.1.4");
  assert.deepEqual((await routeTables.createOrUpdate(GROUP, "t", AT, POLL)).routes, []);
});

void test("an ETag that is not the newest writes nothing", async () => {
  await using world = await startWorld();
  const { resources, network } = world;
  await resources.resourceGroups.createOrUpdate(GROUP, AT);
  const { etag } = await network.routeTables.createOrUpdate(GROUP, "t", AT, POLL);
  assert.ok(etag);
  const write = (ifMatch: string): Promise<unknown> =>
    network.routeTables
      .createOrUpdate(
        GROUP,
        "t",
        { ...AT, tags: { by: ifMatch } },
        { ...POLL, requestOptions: { headers: { "if-match": ifMatch } } },
      )
      .pollUntilDone();

  await write(etag);

  await assert.rejects(write(etag), { statusCode: 412, code: "PreconditionFailed" });
  assert.equal((await network.routeTables.get(GROUP, "t")).tags?.["by"], etag);
});
