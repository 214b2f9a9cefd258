import { UsageError } from "../../../lib/errors.ts";
import { assignAddresses, subnetOf } from "../../assign-addresses.ts";
import type { AzureContext } from "../arm/ensure-resource.ts";
import { DATACENTER_TAG, hasTag, ROLE_TAG } from "../tags.ts";
import { chooseUplinkCidr } from "./choose-uplink.ts";
import { interfaceName, namesOf, type DatacenterSpec } from "./datacenter-spec.ts";

/** Who has which address: workers that are there keep theirs, in whatever order they are named. */
export async function placeWorkers(
  { request, options }: DatacenterSpec,
  { arm }: AzureContext,
): Promise<{ name: string; ipv4: string }[]> {
  const interfaces = await arm.list("Cannot list network interfaces", () =>
    arm.network.networkInterfaces.list(options.resourceGroup),
  );
  const suffix = interfaceName("");
  const existing = interfaces
    .filter((one) => hasTag(one, DATACENTER_TAG, request.routerName) && hasTag(one, ROLE_TAG, "worker"))
    .flatMap(({ name = "", ipConfigurations }) => {
      const ipv4 = ipConfigurations?.[0]?.privateIPAddress;
      return ipv4 === undefined || !name.endsWith(suffix)
        ? []
        : [{ name: name.slice(0, -suffix.length), ipv4 }];
    });
  return assignAddresses(existing, request.vmNames, subnetOf(request.subnetCidr));
}

/** The range of the router's way out: that which it has, which was asked for, or a free one. @throws UsageError */
export async function findUplinkCidr(
  { request, options }: DatacenterSpec,
  { arm }: AzureContext,
): Promise<string> {
  const network = await arm.read(`Cannot read virtual network ${options.vnetName}`, () =>
    arm.network.virtualNetworks.get(options.resourceGroup, options.vnetName),
  );
  const subnets = (network?.subnets ?? []).map(({ name, addressPrefix, addressPrefixes }) => ({
    name,
    cidrs: addressPrefix === undefined ? (addressPrefixes ?? []) : [addressPrefix],
  }));
  const existing = subnets.find(({ name }) => name === namesOf(request.routerName).uplinkSubnet)?.cidrs[0];
  if (existing !== undefined) return existing;
  if (options.uplinkSubnetCidr !== undefined) return options.uplinkSubnetCidr;
  const ranges = network?.addressSpace?.addressPrefixes ?? [options.vnetCidr];
  const chosen = chooseUplinkCidr(ranges, [request.subnetCidr, ...subnets.flatMap(({ cidrs }) => cidrs)]);
  if (chosen !== undefined) return chosen;
  throw new UsageError(
    `${ranges.join(", ")} has no room for the router's way out beside ${request.subnetCidr}`,
    "Give a wider --vnet-cidr, or name a free range of the virtual network by --uplink-subnet-cidr.",
  );
}
