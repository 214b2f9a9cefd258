import type { ResourceSku } from "@azure/arm-compute";
import { plainLocation } from "../arm/differences.ts";

/** A VM size in one location, with what limits it. */
export interface VmSize {
  name: string;
  /** Its quota is counted under this name. */
  family: string;
  vcpus: number;
  memoryGiB: number;
  maxInterfaces: number;
  /** False where this subscription cannot have it in the location at all. */
  isAvailable: boolean;
  /** Zones in which this subscription can have it. */
  zones: string[];
}

/** The VM sizes of a location, out of Azure's list of everything it sells. Pure. */
export function readVmSizes(skus: readonly ResourceSku[], location: string): VmSize[] {
  const isHere = (name: string | undefined): boolean => plainLocation(name ?? "") === location;
  return skus
    .filter(
      ({ resourceType, locations }) => resourceType === "virtualMachines" && (locations ?? []).some(isHere),
    )
    .map((sku) => {
      const restrictions = sku.restrictions ?? [];
      const refused = restrictions
        .filter(({ type }) => type === "Zone")
        .flatMap(({ restrictionInfo }) => restrictionInfo?.zones ?? []);
      const zones = sku.locationInfo?.find((info) => isHere(info.location))?.zones ?? [];
      return {
        name: sku.name ?? "",
        family: sku.family ?? "",
        vcpus: capability(sku, "vCPUs"),
        memoryGiB: capability(sku, "MemoryGB"),
        maxInterfaces: capability(sku, "MaxNetworkInterfaces"),
        isAvailable: !restrictions.some(({ type }) => type === "Location"),
        zones: zones.filter((zone) => !refused.includes(zone)).toSorted(),
      };
    });
}

function capability({ capabilities }: ResourceSku, name: string): number {
  return Number(capabilities?.find((one) => one.name === name)?.value ?? 0);
}

export interface SizeWish {
  name: string;
  zone: string | undefined;
  location: string;
  interfaces: number;
}

/** What is wrong with a size, and which would do instead. Undefined where it will do. Pure. */
export function findSizeMistake(sizes: readonly VmSize[], wish: SizeWish): string | undefined {
  const { zone, location, interfaces } = wish;
  const size = sizes.find(({ name }) => name.toLowerCase() === wish.name.toLowerCase());
  const others = describeOthers(sizes, wish, size);
  if (size === undefined) return `${location} has no VM size ${wish.name}${others}`;
  if (!size.isAvailable) return `the subscription cannot have ${size.name} in ${location}${others}`;
  if (zone !== undefined && !size.zones.includes(zone)) {
    const zones = size.zones.length === 0 ? "no zone does" : `zones that do: ${size.zones.join(", ")}`;
    return `zone ${zone} of ${location} does not offer ${size.name} (${zones})${others}`;
  }
  if (size.maxInterfaces < interfaces) {
    return `${size.name} takes ${size.maxInterfaces} network interface, and the router needs ${interfaces}${others}`;
  }
  return undefined;
}

/** Those nearest in size that would do. */
function describeOthers(sizes: readonly VmSize[], wish: SizeWish, size: VmSize | undefined): string {
  const vcpus = size?.vcpus ?? Number(/_[A-Z]+(\d+)/.exec(wish.name)?.[1] ?? 2);
  const memoryGiB = size?.memoryGiB ?? vcpus * 4;
  const distance = (one: VmSize): number =>
    Math.abs(Math.log2(one.vcpus / vcpus)) + Math.abs(Math.log2(one.memoryGiB / memoryGiB));
  const names = sizes
    .filter((one) => one.name !== size?.name && one.isAvailable && one.vcpus >= 2)
    .filter((one) => wish.zone === undefined || one.zones.includes(wish.zone))
    .filter((one) => one.maxInterfaces >= wish.interfaces)
    .toSorted((one, other) => distance(one) - distance(other) || one.name.localeCompare(other.name))
    .slice(0, 4)
    .map(({ name }) => name);
  return names.length === 0 ? "" : `; these would do there: ${names.join(", ")}`;
}
