import type { ResourceScope } from "../arm/resource-id.ts";

/** Where resources are made. */
export interface Place extends ResourceScope {
  location: string;
}

/** Items of two lists by their names; where both have one, what is wanted counts, over what is there. */
export function mergeByName<T extends { name?: string }>(
  actual: readonly T[] | undefined,
  wanted: readonly T[] | undefined,
): T[] {
  const all = new Map<string | undefined, T>();
  for (const item of [...(actual ?? []), ...(wanted ?? [])]) {
    all.set(item.name, { ...all.get(item.name), ...item });
  }
  return [...all.values()];
}
