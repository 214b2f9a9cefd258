import { publicIPAddressDeserializer } from "../../../../node_modules/@azure/arm-network/dist/esm/models/common/models.js";
import type { Arm } from "../core/arm.ts";
import { networkError } from "../core/arm-error.ts";
import { compact, textIn, type Json, type JsonObject } from "../core/json.ts";
import type { Kind, PutRequest } from "../core/kind.ts";
import { isSameId, type Resource } from "../core/store.ts";
import { checkZones, skuName } from "../core/zones.ts";
import { ipConfigurationsWithPublicIp } from "./addresses.ts";
import { natGatewaysWith } from "./nat-gateways.ts";
import { networkKind } from "./network-kind.ts";

export const publicIps: Kind = {
  ...networkKind,
  owner: "Microsoft.Network",
  type: "Microsoft.Network/publicIPAddresses",
  model: publicIPAddressDeserializer,
  topMembers: ["sku", "zones", "extendedLocation"],
  isTracked: true,
  title: "PutPublicIpAddressOperation",
  prepare: (arm, request) => {
    const properties = preparePublicIp(arm, request);
    return {
      properties,
      top: { ...request.wanted.top, sku: { name: "Standard", tier: "Regional" } },
      onEnd: () => {
        properties["ipAddress"] ??= freeAddress(arm);
      },
    };
  },
  whyKept: (arm, publicIp) => {
    const user = usersOf(arm, publicIp.id)[0];
    if (user === undefined) return undefined;
    return networkError(
      400,
      "PublicIPAddressCannotBeDeleted",
      `Public IP address ${publicIp.id} can not be deleted since it is still allocated to resource ${user}. In order to delete the public IP, disassociate/detach the Public IP address from the resource.  To learn how to do this, see aka.ms/deletepublicip.`,
    );
  },
  show: (arm, publicIp) => {
    const [configuration] = ipConfigurationsWithPublicIp(arm, publicIp.id);
    const [gateway] = natGatewaysWith(arm, publicIp.id);
    return compact({
      provisioningState: publicIp.state,
      resourceGuid: publicIp.guid,
      ...publicIp.properties,
      ipConfiguration: configuration === undefined ? undefined : { id: configuration.id },
      natGateway: gateway === undefined ? undefined : { id: gateway },
    });
  },
};

function usersOf(arm: Arm, id: string): string[] {
  return [...ipConfigurationsWithPublicIp(arm, id).map((one) => one.id), ...natGatewaysWith(arm, id)];
}

function preparePublicIp(arm: Arm, { target, wanted, existing }: PutRequest): JsonObject {
  if (skuName(wanted.top) !== "Standard") {
    // Basic ones, still the default where no sku is given, can no longer be had.
    throw networkError(
      400,
      "IPv4BasicSkuPublicIpCountLimitReached",
      "Cannot create more than 0 IPv4 Basic SKU public IP addresses for this subscription in this region.",
    );
  }
  if (textIn(wanted.properties, "publicIPAllocationMethod") !== "Static") {
    throw networkError(
      400,
      "StandardAndStandardV2SkuPublicIPAddressesMustBeStatic",
      `Standard sku publicIp ${target.id} must have AllocationMethod set to Static.`,
    );
  }
  checkZones(target, wanted.location, wanted.top["zones"], existing);
  const inLocation = arm.store
    .ofType(target.type)
    .filter(({ id, location }) => location === wanted.location && !isSameId(id, target.id));
  if (existing === undefined && inLocation.length >= arm.settings.publicIpLimit) {
    throw networkError(
      400,
      "PublicIPCountLimitReached",
      `Cannot create more than ${arm.settings.publicIpLimit} public IP addresses for this subscription in this region.`,
    );
  }
  const {
    provisioningState: _state,
    ipConfiguration: _user,
    natGateway: _gateway,
    ipAddress: _address,
    ...rest
  } = wanted.properties;
  const kept: Json | undefined = existing?.properties["ipAddress"];
  return {
    publicIPAddressVersion: "IPv4",
    idleTimeoutInMinutes: 4,
    ipTags: [],
    ...rest,
    ...(kept === undefined ? {} : { ipAddress: kept }),
  };
}

/** From a range that is kept for documentation: nobody on the internet has it. */
function freeAddress(arm: Arm): string {
  const taken = new Set(arm.store.ofType(publicIps.type).map(({ properties }) => properties["ipAddress"]));
  const free = Array.from({ length: 254 }, (_, index) => `203.0.113.${index + 1}`).find(
    (one) => !taken.has(one),
  );
  return free ?? `198.51.100.${arm.random.below(254) + 1}`;
}

/** The address itself, once there is one. */
export function addressOfPublicIp(publicIp: Resource | undefined): string | undefined {
  return publicIp === undefined ? undefined : textIn(publicIp.properties, "ipAddress");
}
