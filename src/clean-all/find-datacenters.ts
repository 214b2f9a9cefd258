import { destroyDatacenter } from "../prep-dc-inventory/destroy-datacenter.ts";
import { providers } from "../providers/registry.ts";
import { routersOf } from "../providers/routers.ts";
import type { Finder } from "./removal.ts";

/**
 * Every datacenter that was made from here. Only its VMs and what belongs to them: the lab's Server objects go with the
 * lab, and routers in somebody's own tailnet are found there.
 */
export const findDatacenters: Finder = async (world) => {
  const found = await Promise.all(
    providers.map(async (provider) =>
      (await provider.listDatacenters(world)).map((inventory) => {
        const { router, workers, subnetCidr } = inventory;
        const names = [...routersOf(inventory), ...workers].map(({ name }) => name);
        return {
          kind: "datacenter",
          what: `${router.name} (${provider.id}, ${subnetCidr}): ${names.join(", ")}`,
          remove: () => destroyDatacenter(router.name, provider, undefined, world),
        };
      }),
    ),
  );
  return found.flat();
};
