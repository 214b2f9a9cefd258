import { routeDeserializer } from "../../../../node_modules/@azure/arm-network/dist/esm/models/common/models.js";
import { Address4 } from "ip-address";
import { z } from "zod";
import { networkError } from "../core/arm-error.ts";
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
  const needsAddress = nextHopType === "VirtualAppliance";
  if (
    needsAddress !== (nextHopIpAddress !== undefined) ||
    (needsAddress && !Address4.isValid(nextHopIpAddress ?? ""))
  ) {
    throw networkError(
      400,
      "InvalidRouteNextHopIpAddress",
      `Route ${target.id} needs a next hop IP address where its next hop type is VirtualAppliance, and only there.`,
    );
  }
  const same = others.find(({ properties }) => textIn(properties, "addressPrefix") === addressPrefix);
  if (same !== undefined) {
    throw networkError(
      400,
      "RouteConflict",
      `Route ${target.name} conflicts with route ${same.name}: routes of one table cannot have the same address prefix.`,
    );
  }
  return { addressPrefix, nextHopType, ...(nextHopIpAddress === undefined ? {} : { nextHopIpAddress }) };
}

export function showRoute(route: Resource): JsonObject {
  return { provisioningState: route.state, ...route.properties, hasBgpOverride: false };
}
