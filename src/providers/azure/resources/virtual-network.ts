import type { Subnet, VirtualNetwork } from "@azure/arm-network";
import type { Resource } from "../arm/ensure-resource.ts";
import { isSameId, resourceId, type ResourceScope } from "../arm/resource-id.ts";
import { hasTag, MANAGED_TAG } from "../tags.ts";
import type { Place } from "./place.ts";

export function virtualNetworkId(scope: ResourceScope, name: string): string {
  return resourceId(scope, "Network", `virtualNetworks/${name}`);
}

/** The virtual network, shared by datacenters. One that somebody else made is used, and never changed. */
export function virtualNetwork(place: Place, name: string, addressSpace: string): Resource<VirtualNetwork> {
  const wanted: VirtualNetwork = {
    location: place.location,
    addressSpace: { addressPrefixes: [addressSpace] },
    tags: { [MANAGED_TAG]: "true" },
  };
  return {
    title: `virtual network ${name}`,
    lockKey: virtualNetworkId(place, name),
    wanted,
    isOurs: (actual) => hasTag(actual, MANAGED_TAG, "true"),
    mayBeOthers: true,
    fixed: ["location"],
    read: (arm) =>
      arm.read(`Cannot read virtual network ${name}`, () =>
        arm.network.virtualNetworks.get(place.resourceGroup, name),
      ),
    // With its subnets, or they would be deleted.
    merge: (actual) => ({
      ...actual,
      addressSpace: {
        ...actual.addressSpace,
        addressPrefixes: [...new Set([...(actual.addressSpace?.addressPrefixes ?? []), addressSpace])],
      },
      tags: { ...actual.tags, ...wanted.tags },
    }),
    write: (arm, body, etag) =>
      arm.network.virtualNetworks.createOrUpdate(place.resourceGroup, name, body, ifMatch(etag)),
  };
}

export interface SubnetSpec {
  virtualNetwork: string;
  name: string;
  cidr: string;
  securityGroupId: string;
  routeTableId: string | undefined;
}

/** A subnet, known as ours by the security group or the route table on it: subnets have no tags. */
export function subnet(scope: ResourceScope, spec: SubnetSpec): Resource<Subnet> {
  const { name, cidr, securityGroupId, routeTableId } = spec;
  const wanted: Subnet = {
    name,
    addressPrefix: cidr,
    networkSecurityGroup: { id: securityGroupId },
    ...(routeTableId === undefined ? {} : { routeTable: { id: routeTableId } }),
    defaultOutboundAccess: false,
  };
  return {
    title: `subnet ${name}`,
    lockKey: virtualNetworkId(scope, spec.virtualNetwork),
    wanted,
    isOurs: (actual) => isSubnetOf(actual, securityGroupId, routeTableId),
    fixed: ["addressPrefix"],
    read: (arm) =>
      arm.read(`Cannot read subnet ${name}`, () =>
        arm.network.subnets.get(scope.resourceGroup, spec.virtualNetwork, name),
      ),
    merge: (actual) => ({ ...actual, ...wanted }),
    write: (arm, body, etag) =>
      arm.network.subnets.createOrUpdate(scope.resourceGroup, spec.virtualNetwork, name, body, ifMatch(etag)),
  };
}

export function subnetId(scope: ResourceScope, virtualNetworkName: string, name: string): string {
  return `${virtualNetworkId(scope, virtualNetworkName)}/subnets/${name}`;
}

/** True for a subnet that one of ours guards or routes. */
export function isSubnetOf(
  actual: Subnet,
  securityGroupId: string,
  routeTableId: string | undefined,
): boolean {
  return (
    isSameId(actual.networkSecurityGroup?.id, securityGroupId) ||
    isSameId(actual.routeTable?.id, routeTableId)
  );
}

/** Makes Azure refuse (412) where somebody changed the resource since we read it. */
export function ifMatch(etag: string | undefined): { requestOptions?: { headers: Record<string, string> } } {
  return etag === undefined ? {} : { requestOptions: { headers: { "If-Match": etag } } };
}
