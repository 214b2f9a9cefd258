import { join } from "node:path";
import type { World } from "../../lib/world.ts";
import type { VmState } from "./datacenter-state.ts";
import type { WorkerAction } from "./decide.ts";
import { makeSeed, workerSeed } from "./guest/seed.ts";
import { workerGuest } from "./guests.ts";
import { launchWorker, makeVmDir, type Launch } from "./launch.ts";
import { makeDisk } from "./make-disk.ts";
import { diskFileOf, vmFiles } from "./vm-arguments.ts";

/** Makes a worker's seed and disk, or leaves them, and starts it. Its disk comes last: with it, the VM is made. */
export async function ensureWorker(
  launch: Launch,
  vm: VmState,
  action: Exclude<WorkerAction, "leave">,
  world: World,
): Promise<void> {
  const vmDir = await makeVmDir(launch.dir, vm.name);
  if (action === "make" && vm.base !== undefined) {
    const files = workerSeed(workerGuest(launch.datacenter, vm, launch.nameservers));
    await makeSeed(join(vmDir, vmFiles.seed), files, world.signal);
    await makeDisk(vmDir, vm.base, vm.diskGiB, world.signal, diskFileOf(vm));
  }
  await launchWorker(launch, vm, world);
}
