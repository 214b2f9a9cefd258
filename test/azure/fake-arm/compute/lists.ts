import type { Answer, Call } from "../core/answer.ts";
import type { Arm } from "../core/arm.ts";
import { ArmError } from "../core/arm-error.ts";
import type { Json } from "../core/json.ts";
import { locations, plainLocation } from "../core/locations.ts";
import { page } from "../core/resource-calls.ts";
import { findImage, vmSizes, type VmSize } from "./catalogue.ts";
import { coresInUse, DEFAULT_QUOTA } from "./check-capacity.ts";

/** VM sizes, where they are offered, and what the subscription may not have. */
export function listSkus(arm: Arm, call: Call): Answer {
  const filter = /^location eq '([^']+)'$/i.exec(call.query.get("$filter") ?? "")?.[1];
  const wanted = Object.keys(locations).filter(
    (location) => filter === undefined || location === plainLocation(filter),
  );
  const rows = wanted.flatMap((location) => vmSizes.map((size) => describeSize(arm, size, location)));
  return page(arm, call, rows, 1000);
}

function describeSize(arm: Arm, size: VmSize, location: string): Json {
  const zones = [...(locations[location]?.zones ?? [])];
  const restrictions = arm.settings.restrictions
    .filter((one) => one.size === size.name && one.location === location)
    .map((one): Json => ({
      type: one.zones === undefined ? "Location" : "Zone",
      values: [location],
      restrictionInfo: { locations: [location], ...(one.zones === undefined ? {} : { zones: one.zones }) },
      reasonCode: "NotAvailableForSubscription",
    }));
  const capabilities: Record<string, string> = {
    vCPUs: String(size.vCpus),
    MemoryGB: String(size.memoryGb),
    MaxNetworkInterfaces: String(size.maxInterfaces),
    HyperVGenerations: "V1,V2",
    CpuArchitectureType: size.architecture,
    PremiumIO: "True",
    AcceleratedNetworkingEnabled: "True",
  };
  return {
    resourceType: "virtualMachines",
    name: size.name,
    tier: "Standard",
    size: size.name.replace("Standard_", ""),
    family: size.family,
    locations: [location],
    locationInfo: [{ location, zones, zoneDetails: [] }],
    capabilities: Object.entries(capabilities).map(([name, value]): Json => ({ name, value })),
    restrictions,
  };
}

/** vCPU quotas of a location, and what is used of them. */
export function listUsages(arm: Arm, location: string): Answer {
  const plain = requireLocation(location);
  const families = [...new Set(vmSizes.map(({ family }) => family))];
  const vms = arm.store
    .ofType("Microsoft.Compute/virtualMachines")
    .filter((vm) => vm.location === plain).length;
  const row = (value: string, localizedValue: string, currentValue: number, limit: number): Json => ({
    unit: "Count",
    currentValue,
    limit,
    name: { value, localizedValue },
  });
  return {
    status: 200,
    body: {
      value: [
        row("virtualMachines", "Virtual Machines", vms, 25_000),
        ...["cores", ...families].map((family) =>
          row(
            family,
            family === "cores" ? "Total Regional vCPUs" : `${family} vCPUs`,
            coresInUse(arm, plain, family),
            arm.settings.quotas[family] ?? DEFAULT_QUOTA,
          ),
        ),
      ],
    },
  };
}

/** Versions of a platform image, oldest first where nothing else is asked for. */
export function listImageVersions(
  arm: Arm,
  image: { location: string; publisher: string; offer: string; sku: string },
  call: Call,
): Answer {
  const location = requireLocation(image.location);
  const found = findImage(image.publisher, image.offer, image.sku);
  if (found === undefined) {
    throw new ArmError(
      404,
      "NotFound",
      `Artifact: VMImage was not found. Publisher: ${image.publisher}, Offer: ${image.offer}, Sku: ${image.sku}.`,
    );
  }
  const isDescending = /^name desc$/i.test(call.query.get("$orderby") ?? "");
  const versions = isDescending ? found.versions.toReversed() : [...found.versions];
  const top = Number(call.query.get("$top") ?? versions.length);
  const prefix = `/Subscriptions/${arm.settings.subscriptionId}/Providers/Microsoft.Compute/Locations/${location}/Publishers/${found.publisher}/ArtifactTypes/VMImage/Offers/${found.offer}/Skus/${found.sku}/Versions`;
  return {
    status: 200,
    body: versions.slice(0, top).map((name): Json => ({ location, name, id: `${prefix}/${name}` })),
  };
}

function requireLocation(location: string): string {
  const plain = plainLocation(location);
  if (plain in locations) return plain;
  throw new ArmError(
    400,
    "LocationNotAvailableForResourceType",
    `The provided location '${location}' is not available. List of available regions is '${Object.keys(locations).join(",")}'.`,
  );
}
