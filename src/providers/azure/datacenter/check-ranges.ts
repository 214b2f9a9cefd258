import type { VirtualNetwork } from "@azure/arm-network";
import { overlaps, parseSubnet, type Subnet } from "../../../lib/cidr.ts";
import { isSameId } from "../arm/resource-id.ts";
import { virtualNetworkId } from "../resources/virtual-network.ts";
import { hasTag, MANAGED_TAG } from "../tags.ts";
import { namesOf, type DatacenterSpec } from "./datacenter-spec.ts";

/**
 * What is wrong with the address ranges, seen beside every virtual network of the subscription: Azure would say it late,
 * or not at all. Pure.
 */
export function findRangeMistakes(
  { request, options }: DatacenterSpec,
  networks: readonly VirtualNetwork[],
): string[] {
  const wanted = parseSubnet(request.subnetCidr);
  if (wanted === undefined) return []; // told where requests are checked
  const id = virtualNetworkId(options, options.vnetName);
  const mine = networks.find((network) => isSameId(network.id, id));
  const own = [options.subnetName, namesOf(request.routerName).uplinkSubnet];
  const subnets = subnetsOf(mine).filter(({ name }) => !own.includes(name));
  const uplink = options.uplinkSubnetCidr === undefined ? undefined : parseSubnet(options.uplinkSubnetCidr);
  const mistakes: string[] = [];
  for (const [what, range] of [
    ["the subnet", wanted],
    ["the router's way out", uplink],
  ] as const) {
    if (range === undefined) continue;
    if (!rangesOf(mine, options.vnetCidr).some((around) => isInside(range, around))) {
      mistakes.push(
        `${what} ${range.cidr} is not inside virtual network ${options.vnetName} (${describe(mine, options.vnetCidr)})`,
      );
    }
    for (const other of subnets) {
      if (overlaps(range, other.range))
        mistakes.push(`${what} ${range.cidr} overlaps subnet ${other.name} (${other.range.cidr})`);
    }
  }
  if (uplink !== undefined && overlaps(uplink, wanted)) {
    mistakes.push(`the router's way out ${uplink.cidr} overlaps the subnet ${wanted.cidr}`);
  }
  return [
    ...mistakes,
    ...findOtherDatacenters(
      wanted,
      networks.filter((network) => network !== mine),
    ),
  ];
}

/** Subnets of other virtual networks of ours: one tailnet cannot lead to both. */
function findOtherDatacenters(wanted: Subnet, networks: readonly VirtualNetwork[]): string[] {
  return networks
    .filter((network) => hasTag(network, MANAGED_TAG, "true"))
    .flatMap((network) =>
      subnetsOf(network)
        .filter(({ name, range }) => !name.endsWith(namesOf("").uplinkSubnet) && overlaps(wanted, range))
        .map(
          ({ name, range }) =>
            `the subnet ${wanted.cidr} overlaps subnet ${name} (${range.cidr}) of ${network.name}`,
        ),
    );
}

function rangesOf(network: VirtualNetwork | undefined, asked: string): Subnet[] {
  const isOurs = network === undefined || hasTag(network, MANAGED_TAG, "true");
  const ranges = [...(network?.addressSpace?.addressPrefixes ?? []), ...(isOurs ? [asked] : [])];
  return ranges.flatMap((cidr) => parseSubnet(cidr) ?? []);
}

function describe(network: VirtualNetwork | undefined, asked: string): string {
  return [...new Set(rangesOf(network, asked).map(({ cidr }) => cidr))].join(", ");
}

function subnetsOf(network: VirtualNetwork | undefined): { name: string; range: Subnet }[] {
  return (network?.subnets ?? []).flatMap(({ name = "", addressPrefix, addressPrefixes }) =>
    (addressPrefix === undefined ? (addressPrefixes ?? []) : [addressPrefix]).flatMap((cidr) => {
      const range = parseSubnet(cidr);
      return range === undefined ? [] : [{ name, range }];
    }),
  );
}

function isInside(inner: Subnet, outer: Subnet): boolean {
  return outer.first <= inner.first && inner.last <= outer.last;
}
