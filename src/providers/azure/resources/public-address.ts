import type { PublicIPAddress } from "@azure/arm-network";
import type { Resource } from "../arm/ensure-resource.ts";
import { resourceId, type ResourceScope } from "../arm/resource-id.ts";
import { hasTag, type Tags } from "../tags.ts";
import type { Place } from "./place.ts";
import { ifMatch } from "./virtual-network.ts";

export function publicAddressId(scope: ResourceScope, name: string): string {
  return resourceId(scope, "Network", `publicIPAddresses/${name}`);
}

/** A public address, for the way out; nothing comes in that the security group does not let in. */
export function publicAddress(
  place: Place,
  spec: { name: string; zone: string | undefined; tags: Tags; ownerTag: string },
): Resource<PublicIPAddress> {
  const { name, zone, tags, ownerTag } = spec;
  const wanted: PublicIPAddress = {
    location: place.location,
    tags,
    sku: { name: "Standard" },
    publicIPAllocationMethod: "Static",
    ...(zone === undefined ? {} : { zones: [zone] }),
  };
  return {
    title: `public address ${name}`,
    lockKey: publicAddressId(place, name),
    wanted,
    isOurs: (actual) => hasTag(actual, ownerTag, tags[ownerTag] ?? ""),
    fixed: ["location", "sku", "zones"],
    read: (arm) =>
      arm.read(`Cannot read public address ${name}`, () =>
        arm.network.publicIPAddresses.get(place.resourceGroup, name),
      ),
    merge: (actual) => ({ ...actual, ...wanted, tags: { ...actual.tags, ...tags } }),
    write: (arm, body, etag) =>
      arm.network.publicIPAddresses.createOrUpdate(place.resourceGroup, name, body, ifMatch(etag)),
  };
}
