import type { Route, RouteTable } from "@azure/arm-network";
import type { Resource } from "../arm/ensure-resource.ts";
import { resourceId, type ResourceScope } from "../arm/resource-id.ts";
import { hasTag, type Tags } from "../tags.ts";
import { mergeByName, type Place } from "./place.ts";
import { PRIVATE_RANGES } from "./security-group.ts";
import { ifMatch } from "./virtual-network.ts";

export function routeTableId(scope: ResourceScope, name: string): string {
  return resourceId(scope, "Network", `routeTables/${name}`);
}

/**
 * Routes that make the router the way out of the subnet. Azure has more specific routes to nowhere for the private
 * ranges, so each needs one of ours.
 */
export function routesVia(routerAddress: string): Route[] {
  return Object.entries({ default: "0.0.0.0/0", ...PRIVATE_RANGES }).map(([name, addressPrefix]) => ({
    name,
    addressPrefix,
    nextHopType: "VirtualAppliance",
    nextHopIpAddress: routerAddress,
  }));
}

/** A route table with our routes in it. Routes that others added stay. */
export function routeTable(
  place: Place,
  spec: { name: string; routes: readonly Route[]; tags: Tags; ownerTag: string },
): Resource<RouteTable> {
  const { name, routes, tags, ownerTag } = spec;
  const wanted: RouteTable = {
    location: place.location,
    tags,
    routes: [...routes],
    disableBgpRoutePropagation: true,
  };
  return {
    title: `route table ${name}`,
    lockKey: routeTableId(place, name),
    wanted,
    isOurs: (actual) => hasTag(actual, ownerTag, tags[ownerTag] ?? ""),
    fixed: ["location"],
    read: (arm) =>
      arm.read(`Cannot read route table ${name}`, () =>
        arm.network.routeTables.get(place.resourceGroup, name),
      ),
    merge: (actual) => ({
      ...actual,
      ...wanted,
      tags: { ...actual.tags, ...tags },
      routes: mergeByName(actual.routes, routes),
    }),
    write: (arm, body, etag) =>
      arm.network.routeTables.createOrUpdate(place.resourceGroup, name, body, ifMatch(etag)),
  };
}
