import { routeTableDeserializer } from "../../../../node_modules/@azure/arm-network/dist/esm/models/common/models.js";
import { networkError } from "../core/arm-error.ts";
import { compact, type Json } from "../core/json.ts";
import type { Kind } from "../core/kind.ts";
import { frame } from "../core/target.ts";
import { childrenInBody } from "./children.ts";
import { networkKind } from "./network-kind.ts";
import { prepareRoute, routes, showRoute } from "./routes.ts";
import { subnetsWith } from "./subnets.ts";

export const routeTables: Kind = {
  ...networkKind,
  owner: "Microsoft.Network",
  type: "Microsoft.Network/routeTables",
  model: routeTableDeserializer,
  topMembers: [],
  isTracked: true,
  title: "PutRouteTableOperation",
  prepare: (arm, request) => {
    const { disableBgpRoutePropagation } = request.wanted.properties;
    return {
      properties: { disableBgpRoutePropagation: disableBgpRoutePropagation ?? false },
      // Replaced whole: a table that is written without routes has none.
      children: childrenInBody(arm, routes, request, "routes", prepareRoute) ?? [],
    };
  },
  whyKept: (arm, table) => {
    const users = subnetsWith(arm, "routeTable", table.id);
    if (users.length === 0) return undefined;
    return networkError(
      400,
      "InUseRouteTableCannotBeDeleted",
      `Route table ${table.name} is in use and cannot be deleted. Route table is used by ${users.join(", ")}.`,
    );
  },
  show: (arm, table) => {
    const users = subnetsWith(arm, "routeTable", table.id);
    return compact({
      provisioningState: table.state,
      resourceGuid: table.guid,
      ...table.properties,
      routes: arm.store.ofType(routes.type, table.id).map((route): Json => frame(route, showRoute(route))),
      subnets: users.length === 0 ? undefined : users.map((id): Json => ({ id })),
    });
  },
};
