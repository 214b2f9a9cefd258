import { virtualNetworkDeserializer } from "../../../../node_modules/@azure/arm-network/dist/esm/models/common/models.js";
import { overlaps } from "../../../../src/lib/cidr.ts";
import type { Arm } from "../core/arm.ts";
import { networkError, unsourcedError } from "../core/arm-error.ts";
import { compact, objectIn, objectsIn, type Json, type JsonObject } from "../core/json.ts";
import type { Kind, PutRequest } from "../core/kind.ts";
import type { Resource } from "../core/store.ts";
import { frame } from "../core/target.ts";
import { rangesOf } from "./addresses.ts";
import { childrenInBody } from "./children.ts";
import { networkKind } from "./network-kind.ts";
import { prepareSubnet, referredBy, showSubnet, subnets, whySubnetIsKept } from "./subnets.ts";

export const virtualNetworks: Kind = {
  ...networkKind,
  owner: "Microsoft.Network",
  type: "Microsoft.Network/virtualNetworks",
  model: virtualNetworkDeserializer,
  topMembers: ["extendedLocation"],
  isTracked: true,
  title: "PutVirtualNetworkOperation",
  prepare: (arm, request) => {
    const children = prepareSubnets(arm, request);
    const {
      subnets: _subnets,
      provisioningState: _state,
      resourceGuid: _guid,
      ...rest
    } = request.wanted.properties;
    return { properties: { enableDdosProtection: false, ...rest }, ...(children && { children }) };
  },
  alsoWrites: (arm, existing, wanted) =>
    referredBy(
      ...(existing === undefined ? [] : arm.store.ofType(subnets.type, existing.id)).map(
        ({ properties }) => properties,
      ),
      ...(objectsIn(wanted, "subnets") ?? []).map((body) => objectIn(body, "properties")),
    ),
  whyKept: (arm, network) =>
    arm.store
      .ofType(subnets.type, network.id)
      .map((subnet) => whySubnetIsKept(arm, subnet))
      .find((why) => why !== undefined),
  show: (arm, network) => showNetwork(arm, network),
};

/** Left out, subnets stay as they are; those missing in a list are deleted. */
function prepareSubnets(arm: Arm, request: PutRequest): Resource[] | undefined {
  const { target, wanted } = request;
  const space = rangesOf(objectIn(wanted.properties, "addressSpace"), target.id);
  if (space.length === 0) {
    throw networkError(
      400,
      "InvalidRequestFormat",
      `Address space of virtual network ${target.id} is missing.`,
    );
  }
  if (space.some((one, index) => space.slice(index + 1).some((other) => overlaps(one, other)))) {
    throw unsourcedError(400, `Address prefixes of virtual network ${target.id} overlap.`);
  }
  const around = { name: target.name, location: wanted.location, space };
  const children = childrenInBody(arm, subnets, request, "subnets", (child, before) =>
    prepareSubnet(arm, child, {
      ...around,
      siblings: before.map(({ id, name, properties }) => ({ name, ranges: rangesOf(properties, id) })),
    }),
  );
  for (const old of arm.store.ofType(subnets.type, target.id)) {
    const isKept = children?.some((child) => child.id.toLowerCase() === old.id.toLowerCase()) ?? true;
    const why = isKept ? undefined : whySubnetIsKept(arm, old);
    if (why !== undefined) throw why;
    if (children === undefined) requireInside(old, space, target.name);
  }
  return children;
}

function requireInside(subnet: Resource, space: ReturnType<typeof rangesOf>, network: string): void {
  const ranges = rangesOf(subnet.properties, subnet.id);
  if (ranges.every((range) => space.some((one) => one.first <= range.first && range.last <= one.last)))
    return;
  throw networkError(
    400,
    "NetcfgSubnetRangeOutsideVnet",
    `Subnet '${subnet.name}' is not valid because its IP address range is outside the IP address range of virtual network '${network}'.`,
  );
}

function showNetwork(arm: Arm, network: Resource): JsonObject {
  const inside = arm.store.ofType(subnets.type, network.id);
  return compact({
    provisioningState: network.state,
    resourceGuid: network.guid,
    ...network.properties,
    subnets: inside.map((subnet): Json => frame(subnet, showSubnet(arm, subnet))),
    virtualNetworkPeerings: [],
  });
}
