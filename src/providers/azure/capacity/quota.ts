import type { VmSize } from "./vm-sizes.ts";

/** A line of a subscription's quota in one location. */
export interface QuotaUse {
  /** Family of VM sizes, or "cores" for all of them together. */
  name: string;
  used: number;
  limit: number;
}

/** Families and totals for which there is not enough quota left to make these VMs. Pure. */
export function findQuotaMistakes(
  newVms: readonly { size: string }[],
  sizes: readonly VmSize[],
  quota: readonly QuotaUse[],
  location: string,
): string[] {
  const needed = new Map<string, number>();
  for (const vm of newVms) {
    const size = sizes.find(({ name }) => name.toLowerCase() === vm.size.toLowerCase());
    if (size === undefined) continue; // told by findSizeMistake
    for (const name of [size.family, "cores"]) {
      const key = name.toLowerCase();
      needed.set(key, (needed.get(key) ?? 0) + size.vcpus);
    }
  }
  return quota.flatMap(({ name, used, limit }) => {
    const wanted = needed.get(name.toLowerCase()) ?? 0;
    if (wanted === 0 || used + wanted <= limit) return [];
    const what = name === "cores" ? "vCPUs in all" : `vCPUs of ${name}`;
    return [
      `${wanted} ${what} are needed in ${location}, and ${Math.max(0, limit - used)} of ${limit} are left`,
    ];
  });
}
