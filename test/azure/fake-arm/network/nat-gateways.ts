import { natGatewayDeserializer } from "../../../../node_modules/@azure/arm-network/dist/esm/models/common/models.js";
import type { Arm } from "../core/arm.ts";
import { networkError } from "../core/arm-error.ts";
import { requireProvisioned, requireReferred } from "../core/conflicts.ts";
import { compact, objectsIn, textIn, type Json } from "../core/json.ts";
import type { Kind, PutRequest } from "../core/kind.ts";
import { isSameId } from "../core/store.ts";
import { checkZones, skuName } from "../core/zones.ts";
import { networkKind } from "./network-kind.ts";
import { subnetsWith } from "./subnets.ts";

export const natGateways: Kind = {
  ...networkKind,
  owner: "Microsoft.Network",
  type: "Microsoft.Network/natGateways",
  model: natGatewayDeserializer,
  topMembers: ["sku", "zones"],
  isTracked: true,
  title: "PutNatGatewayOperation",
  prepare: (arm, request) => {
    check(arm, request);
    const {
      provisioningState: _state,
      resourceGuid: _guid,
      subnets: _subnets,
      ...rest
    } = request.wanted.properties;
    return { properties: { idleTimeoutInMinutes: 4, ...rest } };
  },
  whyKept: (arm, gateway) => {
    const users = subnetsWith(arm, "natGateway", gateway.id);
    if (users.length === 0) return undefined;
    return networkError(
      400,
      "NatGatewayInUseBySubnet",
      `Nat Gateway ${gateway.id} is in use by ${users.join(", ")} and cannot be deleted.`,
    );
  },
  show: (arm, gateway) => {
    const users = subnetsWith(arm, "natGateway", gateway.id);
    return compact({
      provisioningState: gateway.state,
      resourceGuid: gateway.guid,
      ...gateway.properties,
      subnets: users.length === 0 ? undefined : users.map((id): Json => ({ id })),
    });
  },
};

function check(arm: Arm, { target, wanted, existing }: PutRequest): void {
  if (!["Standard", "StandardV2"].includes(skuName(wanted.top) ?? "")) {
    throw networkError(400, "InvalidRequestFormat", `Sku of NAT gateway ${target.id} is missing or unknown.`);
  }
  checkZones(target, wanted.location, wanted.top["zones"], existing);
  for (const { id } of objectsIn(wanted.properties, "publicIpAddresses") ?? []) {
    if (typeof id !== "string") continue;
    const publicIp = requireReferred(arm, { id: target.id, location: wanted.location }, id);
    requireProvisioned(arm, target.id, publicIp);
  }
}

/** Ids of the gateways that use a public address. */
export function natGatewaysWith(arm: Arm, publicIpId: string): string[] {
  return arm.store
    .ofType(natGateways.type)
    .filter(({ properties }) =>
      (objectsIn(properties, "publicIpAddresses") ?? []).some((one) =>
        isSameId(textIn(one, "id"), publicIpId),
      ),
    )
    .map(({ id }) => id);
}
