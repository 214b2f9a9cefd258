import { subnetDeserializer } from "../../../../node_modules/@azure/arm-network/dist/esm/models/common/models.js";
import { overlaps, type Subnet } from "../../../../src/lib/cidr.ts";
import type { Arm } from "../core/arm.ts";
import { networkError, type ArmError } from "../core/arm-error.ts";
import { requireProvisioned, requireReferred } from "../core/conflicts.ts";
import { compact, objectIn, referenceIn, textIn, type Json, type JsonObject } from "../core/json.ts";
import type { Kind, PutRequest } from "../core/kind.ts";
import { isSameId, parentId, type Resource } from "../core/store.ts";
import { ipConfigurationsIn, rangesOf } from "./addresses.ts";
import { networkKind } from "./network-kind.ts";

const REFERENCES = ["networkSecurityGroup", "routeTable", "natGateway"] as const;

export const subnets: Kind = {
  ...networkKind,
  owner: "Microsoft.Network",
  type: "Microsoft.Network/virtualNetworks/subnets",
  model: subnetDeserializer,
  topMembers: [],
  isTracked: false,
  title: "PutSubnetOperation",
  prepare: (arm, request) => {
    const network = arm.store.get(parentId(request.target.id));
    const siblings = arm.store
      .ofType(subnets.type, parentId(request.target.id))
      .filter(({ id }) => !isSameId(id, request.target.id));
    return {
      properties: prepareSubnet(arm, request, {
        name: network?.name ?? "",
        location: network?.location,
        space: rangesOf(objectIn(network?.properties ?? {}, "addressSpace"), network?.id ?? ""),
        siblings: siblings.map(({ id, name, properties }) => ({ name, ranges: rangesOf(properties, id) })),
      }),
    };
  },
  alsoWrites: (_arm, existing, wanted) => referredBy(existing?.properties, wanted),
  whyKept: (arm, subnet) => whySubnetIsKept(arm, subnet),
  show: showSubnet,
};

/** Route tables, security groups and gateways are written too when a subnet takes or leaves them. */
export function referredBy(...bodies: (JsonObject | undefined)[]): string[] {
  return bodies.flatMap((body) => REFERENCES.flatMap((field) => referenceIn(body ?? {}, field) ?? []));
}

/** The network that a subnet is put into: as it is, or as one and the same request makes it. */
export interface NetworkAround {
  name: string;
  location: string | undefined;
  space: Subnet[];
  siblings: { name: string; ranges: Subnet[] }[];
}

/** A subnet's properties, checked against the network around it. */
export function prepareSubnet(
  arm: Arm,
  { target, wanted, existing }: Pick<PutRequest, "target" | "wanted" | "existing">,
  network: NetworkAround,
): JsonObject {
  const ranges = rangesOf(wanted.properties, target.id);
  if (ranges.length === 0) {
    throw networkError(400, "InvalidRequestFormat", `Address prefix of subnet ${target.id} is missing.`);
  }
  for (const range of ranges) checkRange(range, target.name, network);
  checkKeptAddresses(arm, existing, ranges);
  for (const field of REFERENCES) {
    const id = referenceIn(wanted.properties, field);
    if (id === undefined) continue;
    const referred = requireReferred(arm, { id: target.id, location: network.location }, id);
    requireProvisioned(arm, target.id, referred);
  }
  return compact({
    privateEndpointNetworkPolicies: "Disabled",
    privateLinkServiceNetworkPolicies: "Enabled",
    delegations: [],
    // Networks made with an api-version since 2025-07-01 have private subnets.
    defaultOutboundAccess: false,
    ...writable(wanted.properties),
    ...Object.fromEntries(
      REFERENCES.map((name) => [name, reference(referenceIn(wanted.properties, name))] as const),
    ),
  });
}

function reference(id: string | undefined): Json | undefined {
  return id === undefined ? undefined : { id };
}

/** What answers add is not stored when a client sends it back. */
function writable(properties: JsonObject): JsonObject {
  const { provisioningState: _state, ipConfigurations: _users, purpose: _purpose, ...rest } = properties;
  return rest;
}

function checkRange(range: Subnet, name: string, network: NetworkAround): void {
  if (range.prefixLength > 29) {
    throw networkError(
      400,
      "NetcfgInvalidSubnet",
      `Subnet '${name}' is not valid in virtual network '${network.name}'.`,
    );
  }
  const isInside = network.space.some((space) => space.first <= range.first && range.last <= space.last);
  if (!isInside) {
    throw networkError(
      400,
      "NetcfgSubnetRangeOutsideVnet",
      `Subnet '${name}' is not valid because its IP address range is outside the IP address range of virtual network '${network.name}'.`,
    );
  }
  const other = network.siblings.find(({ ranges }) => ranges.some((one) => overlaps(one, range)));
  if (other === undefined) return;
  throw networkError(
    400,
    "NetcfgSubnetRangesOverlap",
    `Subnet '${name}' is not valid because its IP address range overlaps with that of an existing subnet in virtual network '${network.name}'.`,
  );
}

function checkKeptAddresses(arm: Arm, existing: Resource | undefined, ranges: readonly Subnet[]): void {
  if (existing === undefined || ipConfigurationsIn(arm, existing.id).length === 0) return;
  const lost = rangesOf(existing.properties, existing.id).find(
    (before) => !ranges.some((now) => now.first <= before.first && before.last <= now.last),
  );
  if (lost === undefined) return;
  throw networkError(
    400,
    "InUsePrefixCannotBeDeleted",
    `IpPrefix ${lost.cidr} on Subnet ${existing.name} has active allocations and cannot be deleted.`,
  );
}

export function whySubnetIsKept(arm: Arm, subnet: Resource): ArmError | undefined {
  const [user] = ipConfigurationsIn(arm, subnet.id);
  if (user === undefined) return undefined;
  return networkError(
    400,
    "InUseSubnetCannotBeDeleted",
    `Subnet ${subnet.name} is in use by ${user.id} and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.`,
  );
}

export function showSubnet(arm: Arm, subnet: Resource): JsonObject {
  const users = ipConfigurationsIn(arm, subnet.id).map(({ id }): Json => ({ id }));
  return compact({
    provisioningState: subnet.state,
    ...subnet.properties,
    ipConfigurations: users.length === 0 ? undefined : users,
  });
}

/** Ids of the subnets that refer to a route table, security group or NAT gateway. */
export function subnetsWith(arm: Arm, field: (typeof REFERENCES)[number], id: string): string[] {
  return arm.store
    .ofType(subnets.type)
    .filter(({ properties }) => isSameId(textIn(objectIn(properties, field), "id"), id))
    .map((subnet) => subnet.id);
}
