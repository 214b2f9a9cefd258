import type { NetworkSecurityGroup, SecurityRule } from "@azure/arm-network";
import type { Resource } from "../arm/ensure-resource.ts";
import { resourceId, type ResourceScope } from "../arm/resource-id.ts";
import { hasTag, type Tags } from "../tags.ts";
import { mergeByName, type Place } from "./place.ts";
import { ifMatch } from "./virtual-network.ts";

export function securityGroupId(scope: ResourceScope, name: string): string {
  return resourceId(scope, "Network", `networkSecurityGroups/${name}`);
}

export interface SecurityGroupSpec {
  name: string;
  rules: readonly SecurityRule[];
  tags: Tags;
  ownerTag: string;
}

/** A security group with our rules in it. Rules that others added stay. */
export function securityGroup(
  place: Place,
  { name, rules, tags, ownerTag }: SecurityGroupSpec,
): Resource<NetworkSecurityGroup> {
  const wanted: NetworkSecurityGroup = { location: place.location, tags, securityRules: [...rules] };
  return {
    title: `security group ${name}`,
    lockKey: securityGroupId(place, name),
    wanted,
    isOurs: (actual) => hasTag(actual, ownerTag, tags[ownerTag] ?? ""),
    fixed: ["location"],
    read: (arm) =>
      arm.read(`Cannot read security group ${name}`, () =>
        arm.network.networkSecurityGroups.get(place.resourceGroup, name),
      ),
    merge: (actual) => ({
      ...actual,
      tags: { ...actual.tags, ...tags },
      securityRules: mergeByName(actual.securityRules, rules),
    }),
    write: (arm, body, etag) =>
      arm.network.networkSecurityGroups.createOrUpdate(place.resourceGroup, name, body, ifMatch(etag)),
  };
}

/** What may come in from outside: tailscaled's direct paths, and nothing else. */
export const fromInternet: readonly SecurityRule[] = [
  {
    ...rule("allow-tailnet-direct", 100, "Inbound", "Allow"),
    protocol: "Udp",
    sourceAddressPrefix: "Internet",
    destinationPortRange: "41641",
    description: "Direct tailnet paths; without it they go over a relay",
  },
  // Azure's own rule for the virtual network also covers ranges of route tables, and ours say 0.0.0.0/0.
  {
    ...rule("deny-internet", 4000, "Inbound", "Deny"),
    sourceAddressPrefix: "Internet",
    description: "No SSH, no anything, from the internet",
  },
];

/** Ranges of tailnets, of MX and of other datacenters: what Azure itself drops where no route of ours says otherwise. */
export const PRIVATE_RANGES = {
  tailnet: "100.64.0.0/10",
  "private-10": "10.0.0.0/8",
  "private-172": "172.16.0.0/12",
  "private-192": "192.168.0.0/16",
} as const;

/**
 * What the router passes on keeps its addresses, which Azure does not count among those of the virtual network: from
 * workers to anywhere, and from the tailnet and what lies behind it to workers.
 */
export function throughRouter(subnetCidr: string): readonly SecurityRule[] {
  const toWorkers = {
    sourceAddressPrefixes: Object.values(PRIVATE_RANGES),
    destinationAddressPrefix: subnetCidr,
  };
  return [
    { ...rule("allow-from-workers", 200, "Inbound", "Allow"), sourceAddressPrefix: subnetCidr },
    { ...rule("allow-to-workers", 210, "Inbound", "Allow"), ...toWorkers },
    { ...rule("allow-router-to-workers", 200, "Outbound", "Allow"), ...toWorkers },
  ];
}

/** From and to everywhere, but that the source is for the caller to say. */
function rule(
  name: string,
  priority: number,
  direction: "Inbound" | "Outbound",
  access: "Allow" | "Deny",
): SecurityRule {
  return {
    name,
    priority,
    direction,
    access,
    protocol: "*",
    sourcePortRange: "*",
    destinationAddressPrefix: "*",
    destinationPortRange: "*",
  };
}
