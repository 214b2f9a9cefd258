import type { Arm } from "../arm/arm.ts";
import { findQuotaMistakes } from "./quota.ts";
import { findSizeMistake, readVmSizes, type SizeWish } from "./vm-sizes.ts";

export interface CapacityWish {
  location: string;
  zone: string | undefined;
  /** The sizes asked for, and how many interfaces a VM of it must take. */
  sizes: readonly { name: string; interfaces: number }[];
  newVms: readonly { size: string }[];
}

/** Whether Azure has the sizes there, for this subscription, and quota for what is to be made: what is wrong, in words. */
export async function findCapacityMistakes(arm: Arm, wish: CapacityWish): Promise<string[]> {
  const { location, zone } = wish;
  const skus = await arm.list("Cannot list VM sizes", () =>
    arm.compute.resourceSkus.list({ filter: `location eq '${location}'` }),
  );
  const sizes = readVmSizes(skus, location);
  if (sizes.length === 0) return [`there is no location ${location}, or none with VMs`];
  const usages = await arm.list("Cannot read the subscription's quota", () =>
    arm.compute.usage.list(location),
  );
  const wishes: SizeWish[] = wish.sizes.map((size) => ({ ...size, zone, location }));
  const quota = usages.map(({ name, currentValue, limit }) => ({
    name: name.value ?? "",
    used: currentValue,
    limit,
  }));
  return [
    ...new Set([
      ...wishes.flatMap((one) => findSizeMistake(sizes, one) ?? []),
      ...findQuotaMistakes(wish.newVms, sizes, quota, location),
    ]),
  ];
}
