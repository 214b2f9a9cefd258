import { ArmError } from "./arm-error.ts";
import { isObject, type Json } from "./json.ts";
import { locations } from "./locations.ts";
import type { Resource } from "./store.ts";
import type { Target } from "./target.ts";

/** The zones of a body, which the location must have and which never change. */
export function checkZones(
  target: Target,
  location: string | undefined,
  zones: Json | undefined,
  existing: Resource | undefined,
): string[] {
  const wanted = Array.isArray(zones) ? zones.filter((zone) => typeof zone === "string") : [];
  const offered = locations[location ?? ""]?.zones ?? [];
  if (wanted.length > 0 && offered.length === 0) {
    throw new ArmError(
      400,
      "LocationNotSupportAvailabilityZones",
      `The resource '${target.type}/${target.name}' does not support availability zones at location '${location}'.`,
    );
  }
  if (wanted.some((zone) => !offered.includes(zone))) {
    throw new ArmError(
      400,
      "AvailabilityZoneNotSupported",
      `The zone(s) '${wanted.join(",")}' for resource '${target.type}/${target.name}' is not supported. The supported zones for location '${location}' are '${offered.join(",")}'`,
    );
  }
  const before = zonesOf(existing);
  if (existing !== undefined && wanted.toSorted().join() !== before.toSorted().join()) {
    throw new ArmError(
      409,
      "ResourceAvailabilityZonesCannotBeModified",
      `Resource ${existing.id} has an existing availability zone constraint ${before.join(",") || "NoZone"} and the request has availability zone constraint ${wanted.join(",") || "NoZone"}, which do not match. Zones cannot be added/updated/removed once the resource is created. The resource cannot be updated from regional to zonal or vice-versa.`,
      { details: [] },
    );
  }
  return wanted;
}

export function zonesOf(resource: Resource | undefined): string[] {
  const zones = resource?.top["zones"];
  return Array.isArray(zones) ? zones.filter((zone) => typeof zone === "string") : [];
}

/** Name of the sku in a body: {"sku": {"name": …}}. */
export function skuName(top: Record<string, Json>): string | undefined {
  const sku = top["sku"];
  const name = isObject(sku) ? sku["name"] : undefined;
  return typeof name === "string" ? name : undefined;
}
