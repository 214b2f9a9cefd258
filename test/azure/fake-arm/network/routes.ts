import { routeDeserializer } from "../../../../node_modules/@azure/arm-network/dist/esm/models/common/models.js";
import { Address4 } from "ip-address";
import { z } from "zod";
import { networkError, unsourcedError } from "../core/arm-error.ts";
import { textIn, type JsonObject } from "../core/json.ts";
import type { Kind, PutRequest } from "../core/kind.ts";
import { isSameId, parentId, type Resource } from "../core/store.ts";
import { readRange } from "./addresses.ts";
import { networkKind } from "./network-kind.ts";

const NEXT_HOPS = ["VirtualNetworkGateway", "VnetLocal", "Internet", "VirtualAppliance", "None"] as const;

const Route = z.looseObject({
  addressPrefix: z.string().min(1),
  nextHopType: z.enum(NEXT_HOPS),
  nextHopIpAddress: z.string().optional(),
});

export const routes: Kind = {
  ...networkKind,
  owner: "Microsoft.Network",
  type: "Microsoft.Network/routeTables/routes",
  model: routeDeserializer,
  topMembers: [],
  isTracked: false,
  title: "PutRouteOperation",
  prepare: (arm, request) => ({
    properties: prepareRoute(
      request,
      arm.store
        .ofType(routes.type, parentId(request.target.id))
        .filter(({ id }) => !isSameId(id, request.target.id)),
    ),
  }),
  show: (_arm, route) => showRoute(route),
};

/** A route's properties, checked against the other routes of its table. */
export function prepareRoute({ target, wanted }: PutRequest, others: readonly Resource[]): JsonObject {
  const parsed = Route.safeParse(wanted.properties);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw networkError(
      400,
      "InvalidRequestFormat",
      `Cannot parse the request: ${issue?.path.join(".")} of route ${target.id}: ${issue?.message}.`,
    );
  }
  const { addressPrefix, nextHopType, nextHopIpAddress } = parsed.data;
  // Anything without a slash or dot is a service tag, for instance AzureCloud.
  if (/[./]/.test(addressPrefix)) readRange(addressPrefix, target.id);
  checkNextHop(target.name, nextHopType, nextHopIpAddress);
  const same = others.find(({ properties }) => textIn(properties, "addressPrefix") === addressPrefix);
  if (same !== undefined) {
    throw networkError(
      400,
      "RouteConflict",
      `Route: ${target.name} conflicts with Route: ${same.name}. Routes cannot have the same AddressPrefix.`,
    );
  }
  return { addressPrefix, nextHopType, ...(nextHopIpAddress === undefined ? {} : { nextHopIpAddress }) };
}

function checkNextHop(name: string, type: string, address: string | undefined): void {
  if (type === "VirtualAppliance" && (address ?? "") === "") {
    throw networkError(
      400,
      "MissingNextHopIpAddress",
      `NextHopIpAddress cannot be Null or Empty in route ${name} when NextHopType is VirtualAppliance.`,
    );
  }
  if (address === undefined) return;
  if (type !== "VirtualAppliance") {
    throw unsourcedError(
      400,
      `Route ${name} has a next hop address, which is for the type VirtualAppliance.`,
    );
  }
  if (!Address4.isValid(address)) {
    throw unsourcedError(400, `The next hop address of route ${name} is no IPv4 address.`);
  }
}

export function showRoute(route: Resource): JsonObject {
  return { provisioningState: route.state, ...route.properties, hasBgpOverride: false };
}
