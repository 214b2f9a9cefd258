import { stat } from "node:fs/promises";
import { join } from "node:path";
import { isErrno } from "../../lib/files.ts";
import { vmsOf, type BaseImage, type Datacenter, type VmState } from "./datacenter-state.ts";
import type { VmFacts } from "./decide.ts";
import type { GuestImage } from "./guest/guest-image.ts";
import { diskFileOf } from "./vm-arguments.ts";
import { isVmRunning } from "./vm.ts";

/** How every VM of a datacenter stands, by name. */
export async function observeVms(dir: string, datacenter: Datacenter): Promise<Map<string, VmFacts>> {
  return new Map(
    await Promise.all(
      vmsOf(datacenter).map(async (vm) => [vm.name, await observeVm(join(dir, vm.name), vm)] as const),
    ),
  );
}

/** How one stands, in its folder. */
export async function observeVm(vmDir: string, vm: VmState): Promise<VmFacts> {
  const { base } = vm;
  const [isRunning, disk, isBaseThere] = await Promise.all([
    isVmRunning(vmDir),
    fileFacts(join(vmDir, diskFileOf(vm))),
    base !== undefined && isUnchanged(base),
  ]);
  return { isRunning, hasDisk: disk !== undefined && isBaseThere };
}

/** An image with what tells it from another one at the same path. */
export async function describeBase(image: GuestImage): Promise<BaseImage> {
  const { size, mtimeMs } = await stat(image.rootDisk);
  const { rootDisk, format, kernel } = image;
  return {
    rootDisk,
    format,
    bytes: size,
    modifiedMs: mtimeMs,
    ...(kernel === undefined ? {} : { kernel: { ...kernel, parameters: [...kernel.parameters] } }),
  };
}

/** False where the image a disk was made on is gone or another one: the cache may be cleared at any time. */
export async function isUnchanged(base: BaseImage): Promise<boolean> {
  const facts = await fileFacts(base.rootDisk);
  return facts?.size === base.bytes && facts.mtimeMs === base.modifiedMs;
}

async function fileFacts(path: string): Promise<{ size: number; mtimeMs: number } | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}
