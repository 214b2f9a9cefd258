import { readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "../../lib/files.ts";
import type { World } from "../../lib/world.ts";
import { readDatacenter, vmsOf } from "./datacenter-state.ts";
import { openNetwork, requireCapabilities } from "./network/choose-network.ts";
import { stopVm } from "./vm.ts";
import { withDatacenter } from "./with-datacenter.ts";

/**
 * Removes a datacenter: its VMs at once (their disks go with them), its network, its folder. datacenter.json goes last,
 * so that a run that is cut off is continued by the next. One that is not there is fine.
 * @throws StargateError RootNeeded
 */
export async function destroyDatacenter(routerName: string, world: World): Promise<void> {
  await withDatacenter(routerName, "destroying it", world, async (dir) => {
    const datacenter = await readDatacenter(dir);
    if (datacenter !== undefined) {
      await requireCapabilities(datacenter.network.mode);
      await Promise.all(vmsOf(datacenter).map(({ name }) => stopVm(join(dir, name), "discard", world.clock)));
      await openNetwork(datacenter).remove(world);
      const others = (await readdir(dir)).filter((name) => name !== "datacenter.json");
      await Promise.all(others.map((name) => rm(join(dir, name), { recursive: true, force: true })));
    }
    await rm(dir, { recursive: true, force: true });
  });
  await removeIfEmpty(world.paths.datacentersDir);
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!isErrno(error, "ENOTEMPTY") && !isErrno(error, "ENOENT")) throw error;
  }
}
