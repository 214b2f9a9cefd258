import assert from "node:assert/strict";
import { test } from "node:test";
import { POLL } from "./connect.ts";
import type { Resource } from "./core/store.ts";
import { letsIn } from "./network/admission.ts";
import { routeTo, wayOut } from "./network/effective-routes.ts";
import {
  AT,
  GROUP,
  idOf,
  putNic,
  putPublicIp,
  putSubnet,
  putVm,
  startNetwork,
  type TestWorld,
} from "./test-world.ts";

function nicOf(world: TestWorld, name = "nic"): Resource {
  const nic = world.fake.arm.store.get(idOf(world, `networkInterfaces/${name}`));
  assert.ok(nic);
  return nic;
}

void test("workers send what is not theirs to the appliance that their route table names", async () => {
  await using world = await startNetwork();
  const toRouter = { nextHopType: "VirtualAppliance", nextHopIpAddress: "10.50.1.4" } as const;
  const prefixes = { all: "0.0.0.0/0", tailnet: "100.64.0.0/10" };
  await world.network.routeTables.createOrUpdate(
    GROUP,
    "t",
    {
      ...AT,
      routes: Object.entries(prefixes).map(([name, addressPrefix]) => ({ name, addressPrefix, ...toRouter })),
    },
    POLL,
  );
  await putNic(world, "nic");
  await putVm(world, "vm", ["nic"]);
  const hop = (address: string): (string | undefined)[] => {
    const route = routeTo(world.fake.arm, nicOf(world), address);
    return [route?.nextHopType, route?.nextHopIpAddress];
  };
  assert.deepEqual(hop("100.64.0.7"), ["None", undefined]);
  assert.deepEqual(hop("1.1.1.1"), ["Internet", undefined]);

  await putSubnet(world, "workers", {
    addressPrefix: "10.50.1.0/24",
    routeTable: { id: idOf(world, "routeTables/t") },
  });

  assert.deepEqual(hop("100.64.0.7"), ["VirtualAppliance", "10.50.1.4"]);
  assert.deepEqual(hop("1.1.1.1"), ["VirtualAppliance", "10.50.1.4"]);
  assert.deepEqual(hop("10.50.1.10"), ["VnetLocal", undefined]);
  assert.deepEqual(hop("192.168.0.1"), ["None", undefined]);
  const { value } = await world.network.networkInterfaces.getEffectiveRouteTable(GROUP, "nic", POLL);
  assert.deepEqual(
    value.filter(({ source }) => source === "User").map(({ addressPrefix, state }) => [addressPrefix, state]),
    [
      [["0.0.0.0/0"], "Active"],
      [["100.64.0.0/10"], "Active"],
    ],
  );
});

void test("a private subnet has a way out only by a public address, a gateway, or where it asks for one", async () => {
  await using world = await startNetwork();
  const { arm } = world.fake;
  await putNic(world, "nic");
  assert.equal(wayOut(arm, nicOf(world)), undefined);

  await putSubnet(world, "workers", { addressPrefix: "10.50.1.0/24", defaultOutboundAccess: true });
  assert.equal(wayOut(arm, nicOf(world)), "default outbound access");

  await putPublicIp(world, "p");
  await world.network.natGateways.createOrUpdate(
    GROUP,
    "g",
    { ...AT, sku: { name: "Standard" }, publicIpAddresses: [{ id: idOf(world, "publicIPAddresses/p") }] },
    POLL,
  );
  await putSubnet(world, "workers", {
    addressPrefix: "10.50.1.0/24",
    natGateway: { id: idOf(world, "natGateways/g") },
  });
  assert.equal(wayOut(arm, nicOf(world)), "NAT gateway");
  await assert.rejects(world.network.natGateways.delete(GROUP, "g", POLL), {
    code: "NatGatewayInUseBySubnet",
  });

  await putPublicIp(world, "q");
  await putNic(world, "public", { publicIp: "q" });
  assert.equal(wayOut(arm, nicOf(world, "public")), "NAT gateway");
});

void test("nothing comes in from the internet but what a rule lets in", async () => {
  await using world = await startNetwork();
  const { arm } = world.fake;
  await putPublicIp(world, "p");
  await putNic(world, "nic", { publicIp: "p" });
  const direct = { protocol: "Udp", port: 41641, from: "198.51.100.7" } as const;
  const ssh = { protocol: "Tcp", port: 22, from: "198.51.100.7" } as const;
  assert.deepEqual([letsIn(arm, nicOf(world), direct), letsIn(arm, nicOf(world), ssh)], [false, false]);

  const group = await world.network.networkSecurityGroups.createOrUpdate(
    GROUP,
    "g",
    {
      ...AT,
      securityRules: [
        {
          name: "direct",
          priority: 100,
          direction: "Inbound",
          access: "Allow",
          protocol: "Udp",
          sourceAddressPrefix: "Internet",
          sourcePortRange: "*",
          destinationAddressPrefix: "*",
          destinationPortRange: "41641",
        },
      ],
    },
    POLL,
  );
  assert.ok(group.id);
  await putSubnet(world, "workers", {
    addressPrefix: "10.50.1.0/24",
    networkSecurityGroup: { id: group.id },
  });

  assert.deepEqual([letsIn(arm, nicOf(world), direct), letsIn(arm, nicOf(world), ssh)], [true, false]);
  assert.equal(letsIn(arm, nicOf(world), { ...ssh, from: "10.50.1.10" }), true);
});
