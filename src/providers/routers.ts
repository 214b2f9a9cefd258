import type { DatacenterRequest, Inventory, InventoryEntry } from "./provider.ts";

/** Names for a datacenter's routers beside the first: numbered after it. */
export function standbyNamesFor(routerName: string, count: number): string[] {
  return Array.from({ length: count - 1 }, (_, index) => `${routerName}-${index + 2}`);
}

/** Every router that a request asks for, the one that names the datacenter first. */
export function routerNamesOf({ routerName, standbyNames = [] }: DatacenterRequest): string[] {
  return [routerName, ...standbyNames];
}

/** Every router of a datacenter, the one that names it first. */
export function routersOf({ router, standbyRouters = [] }: Inventory): InventoryEntry[] {
  return [router, ...standbyRouters];
}
