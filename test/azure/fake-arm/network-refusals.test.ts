import assert from "node:assert/strict";
import { test } from "node:test";
import { POLL } from "./connect.ts";
import { AT, GROUP, idOf, putNic, putSubnet, startNetwork, type TestWorld } from "./test-world.ts";

const refused: { name: string; put: (world: TestWorld) => Promise<unknown>; code: string }[] = [
  {
    name: "a subnet that is no network",
    put: (world) => putSubnet(world, "s", { addressPrefix: "10.50.2.5/24" }),
    code: "InvalidCIDRNotation",
  },
  {
    name: "a subnet that is no CIDR",
    put: (world) => putSubnet(world, "s", { addressPrefix: "10.50.2.0" }),
    code: "InvalidAddressPrefixFormat",
  },
  {
    name: "a subnet outside the network",
    put: (world) => putSubnet(world, "s", { addressPrefix: "10.51.2.0/24" }),
    code: "NetcfgSubnetRangeOutsideVnet",
  },
  {
    name: "a subnet over another",
    put: (world) => putSubnet(world, "s", { addressPrefix: "10.50.1.128/25" }),
    code: "NetcfgSubnetRangesOverlap",
  },
  {
    name: "a subnet with a route table that is not there",
    put: (world) =>
      putSubnet(world, "s", {
        addressPrefix: "10.50.2.0/24",
        routeTable: { id: idOf(world, "routeTables/none") },
      }),
    code: "InvalidResourceReference",
  },
  {
    name: "an interface on one of the first four addresses",
    put: (world) => putNic(world, "n", { address: "10.50.1.3" }),
    code: "PrivateIPAddressInReservedRange",
  },
  {
    name: "an interface on the last address",
    put: (world) => putNic(world, "n", { address: "10.50.1.255" }),
    code: "PrivateIPAddressInReservedRange",
  },
  {
    name: "an interface on an address of another subnet",
    put: (world) => putNic(world, "n", { address: "10.50.2.10" }),
    code: "PrivateIPAddressNotInSubnet",
  },
  {
    name: "an interface in a subnet that is not there",
    put: (world) => putNic(world, "n", { subnet: "none" }),
    code: "InvalidResourceReference",
  },
  {
    name: "an interface without an IP configuration",
    put: (world) => putNic(world, "n", { ipConfigurations: [] }),
    code: "NetworkInterfaceMustHaveIpConfigurationOrAttachedElasticNetworkInterface",
  },
  {
    name: "an interface in no subnet",
    put: (world) => putNic(world, "n", { ipConfigurations: [{ name: "ip" }] }),
    code: "SubnetIsRequired",
  },
  {
    name: "a public address of the Basic sku",
    put: ({ network }) => network.publicIPAddresses.createOrUpdate(GROUP, "p", { ...AT }, POLL),
    code: "IPv4BasicSkuPublicIpCountLimitReached",
  },
  {
    name: "a Standard public address that may change",
    put: ({ network }) =>
      network.publicIPAddresses.createOrUpdate(
        GROUP,
        "p",
        { ...AT, sku: { name: "Standard" }, publicIPAllocationMethod: "Dynamic" },
        POLL,
      ),
    code: "StandardAndStandardV2SkuPublicIPAddressesMustBeStatic",
  },
  {
    name: "a public address in a zone that there is not",
    put: ({ network }) =>
      network.publicIPAddresses.createOrUpdate(
        GROUP,
        "p",
        { ...AT, sku: { name: "Standard" }, publicIPAllocationMethod: "Static", zones: ["4"] },
        POLL,
      ),
    code: "AvailabilityZoneNotSupported",
  },
  {
    name: "a rule with a priority that cannot be",
    put: ({ network }) =>
      network.networkSecurityGroups.createOrUpdate(
        GROUP,
        "g",
        { ...AT, securityRules: [{ ...rule("r", 99) }] },
        POLL,
      ),
    code: "SecurityRuleInvalidPriority",
  },
  {
    name: "two rules of one priority",
    put: ({ network }) =>
      network.networkSecurityGroups.createOrUpdate(
        GROUP,
        "g",
        { ...AT, securityRules: [rule("a", 100), rule("b", 100)] },
        POLL,
      ),
    code: "SecurityRuleConflict",
  },
  {
    name: "a route to an appliance without its address",
    put: (world) => putRoute(world, { nextHopType: "VirtualAppliance" }),
    code: "MissingNextHopIpAddress",
  },
  {
    name: "a route to what is no address",
    put: (world) => putRoute(world, { nextHopType: "VirtualAppliance", nextHopIpAddress: "10.0.0" }),
    code: "CodeNotKnown",
  },
  {
    name: "a route to nowhere with an address",
    put: (world) => putRoute(world, { nextHopType: "None", nextHopIpAddress: "10.0.0.4" }),
    code: "CodeNotKnown",
  },
  {
    name: "a network with ranges that overlap",
    put: ({ network }) =>
      network.virtualNetworks.createOrUpdate(
        GROUP,
        "v",
        { ...AT, addressSpace: { addressPrefixes: ["10.0.0.0/16", "10.0.1.0/24"] } },
        POLL,
      ),
    code: "CodeNotKnown",
  },
  {
    name: "a child of what is not there",
    put: ({ network }) => network.routes.createOrUpdate(GROUP, "t", "r", { nextHopType: "None" }, POLL),
    code: "ResourceNotFound",
  },
];

function putRoute(
  { network }: TestWorld,
  nextHop: { nextHopType: string; nextHopIpAddress?: string },
): Promise<unknown> {
  const route = { name: "r", addressPrefix: "0.0.0.0/0", ...nextHop };
  return network.routeTables.createOrUpdate(GROUP, "t", { ...AT, routes: [route] }, POLL);
}

function rule(
  name: string,
  priority: number,
): Parameters<TestWorld["network"]["securityRules"]["createOrUpdate"]>[3] {
  return {
    name,
    priority,
    protocol: "Udp",
    access: "Allow",
    direction: "Inbound",
    sourceAddressPrefix: "Internet",
    sourcePortRange: "*",
    destinationAddressPrefix: "*",
    destinationPortRange: "41641",
  };
}

for (const { name, put, code } of refused) {
  void test(`${name} is refused with ${code}`, async () => {
    await using world = await startNetwork();

    await assert.rejects(put(world), { name: "RestError", code });
  });
}
