import type { Json } from "../core/json.ts";
import type { Resource } from "../core/store.ts";

const rules = [
  ["AllowVnetInBound", "Allow", "Inbound", 65000, "VirtualNetwork", "VirtualNetwork"],
  ["AllowAzureLoadBalancerInBound", "Allow", "Inbound", 65001, "AzureLoadBalancer", "*"],
  ["DenyAllInBound", "Deny", "Inbound", 65500, "*", "*"],
  ["AllowVnetOutBound", "Allow", "Outbound", 65000, "VirtualNetwork", "VirtualNetwork"],
  ["AllowInternetOutBound", "Allow", "Outbound", 65001, "*", "Internet"],
  ["DenyAllOutBound", "Deny", "Outbound", 65500, "*", "*"],
] as const;

/** The rules that every security group has, as its answers show them. */
export function defaultRules(group: Resource): Json[] {
  return rules.map(([name, access, direction, priority, source, destination]) => ({
    name,
    id: `${group.id}/defaultSecurityRules/${name}`,
    etag: group.etag,
    type: "Microsoft.Network/networkSecurityGroups/defaultSecurityRules",
    properties: {
      provisioningState: "Succeeded",
      description: "",
      protocol: "*",
      sourcePortRange: "*",
      destinationPortRange: "*",
      sourceAddressPrefix: source,
      destinationAddressPrefix: destination,
      access,
      priority,
      direction,
      sourcePortRanges: [],
      destinationPortRanges: [],
      sourceAddressPrefixes: [],
      destinationAddressPrefixes: [],
    },
  }));
}
