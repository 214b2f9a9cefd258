import { createHash, randomUUID } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { StargateError } from "../../lib/errors.ts";
import type { World } from "../../lib/world.ts";
import type { Reimaging, ReimageRequest } from "../provider.ts";
import {
  datacenterDir,
  readDatacenter,
  writeDatacenter,
  type BaseImage,
  type Datacenter,
  type VmState,
} from "./datacenter-state.ts";
import { ensureWorker } from "./ensure-worker.ts";
import { ensureArtifactsDisk } from "./guest/artifacts-disk.ts";
import { ensureGuestImage } from "./guest/guest-image.ts";
import { makeHostKeyPair } from "./guest/host-keys.ts";
import { makeVmDir } from "./launch.ts";
import { requireCapabilities } from "./network/choose-network.ts";
import { describeBase, isUnchanged, observeVm } from "./observe.ts";
import { prepareLaunch } from "./prepare-launch.ts";
import { diskFileOf } from "./vm-arguments.ts";
import { stopVm } from "./vm.ts";
import { withDatacenter } from "./with-datacenter.ts";

/**
 * Fresh disks for workers. What makes one is a single write: datacenter.json gives the worker another disk file, named
 * for the wish, and another host key. From then on the old disk is nobody's, and whoever comes next, after whatever
 * crash, makes what is missing: so there is never a second fresh disk for one wish, and never a first one too few.
 */
export const qemuReimaging: Reimaging = {
  async prepare(request, world) {
    const { datacenter, vm } = await find(request, world);
    await requireCapabilities(datacenter.network.mode);
    await chooseBase(vm, world);
    if (request.artifactsDir !== undefined) await ensureArtifactsDisk(request.artifactsDir, world);
  },

  async run(request, pin, world) {
    const purpose = `giving ${request.vmName} a fresh disk`;
    await withDatacenter(request.routerName, purpose, world, async (dir) => {
      const { datacenter, vm } = await decide(dir, request, world);
      await pin(vm.hostKey.publicKey);
      await carryOut(dir, datacenter, vm, request, world);
    });
  },
};

/** The worker as a wish makes it: all that is new about it. Pure. */
export function withFreshDisk(
  vm: VmState,
  id: string,
  fresh: Pick<VmState, "uuid" | "hostKey" | "base">,
): VmState {
  const name = createHash("sha256").update(id).digest("hex").slice(0, 12);
  return { ...vm, ...fresh, reimage: { id, disk: `disk-${name}.qcow2` } };
}

async function decide(
  dir: string,
  request: ReimageRequest,
  world: World,
): Promise<{ datacenter: Datacenter; vm: VmState }> {
  const known = await find(request, world);
  if (known.vm.reimage?.id === request.id) return known;
  const vm = withFreshDisk(known.vm, request.id, {
    // A machine id is made of this one, so that the new system cannot be taken for the old.
    uuid: randomUUID(),
    hostKey: await makeHostKeyPair(world.signal),
    base: await chooseBase(known.vm, world),
  });
  const workers = known.datacenter.workers.map((other) => (other.name === vm.name ? vm : other));
  const datacenter = { ...known.datacenter, workers };
  await writeDatacenter(dir, datacenter);
  return { datacenter, vm };
}

async function carryOut(
  dir: string,
  datacenter: Datacenter,
  vm: VmState,
  { artifactsDir }: ReimageRequest,
  world: World,
): Promise<void> {
  const vmDir = await makeVmDir(dir, vm.name);
  const { isRunning, hasDisk } = await observeVm(vmDir, vm);
  if (isRunning && hasDisk) return;
  if (!hasDisk) {
    // It runs from the old disk, if at all: nobody's any more, so nothing of it need be kept whole.
    await stopVm(vmDir, "discard", world.clock);
    await removeOtherDisks(vmDir, diskFileOf(vm));
  }
  const { base } = vm;
  if (base === undefined) throw new Error(`${vm.name} has no image`); // decided with the disk
  const { isolated, loopbackPorts } = datacenter.router.join ?? { isolated: false, loopbackPorts: [] };
  const launch = await prepareLaunch(
    dir,
    datacenter,
    { options: { accelerator: "auto" }, way: { isolated, loopbackPorts }, base, artifactsDir },
    world,
  );
  await world.progress.step(`Start ${vm.name} from a fresh disk`, () =>
    ensureWorker(launch, vm, hasDisk ? "start" : "make", world),
  );
}

async function removeOtherDisks(vmDir: string, disk: string): Promise<void> {
  const disks = (await readdir(vmDir)).filter((name) => /^disk.*\.qcow2$/.test(name) && name !== disk);
  await Promise.all(disks.map((name) => rm(join(vmDir, name), { force: true })));
}

/** Our own image as it is made today, or the very cloud image that the worker was made from. */
async function chooseBase({ name, base }: VmState, world: World): Promise<BaseImage> {
  const isOwn = base?.kernel !== undefined; // a cloud image boots itself
  if (isOwn) return describeBase(await ensureGuestImage(undefined, world));
  if (base !== undefined && (await isUnchanged(base))) return base;
  throw new StargateError("ImageGone", `Cannot reimage ${name}: the image it was made from is gone`, {
    remedy: "Run prep-dc-inventory for its datacenter again, with --qemu-image-url: that fetches it.",
  });
}

async function find(
  { routerName, vmName }: ReimageRequest,
  { paths }: World,
): Promise<{ datacenter: Datacenter; vm: VmState }> {
  const datacenter = await readDatacenter(datacenterDir(paths.datacentersDir, routerName));
  const vm = datacenter?.workers.find(({ name }) => name === vmName);
  if (datacenter !== undefined && vm !== undefined) return { datacenter, vm };
  const what = datacenter === undefined ? `datacenter ${routerName}` : `a worker ${vmName} of ${routerName}`;
  throw new StargateError(
    "DatacenterElsewhere",
    `Cannot reimage ${vmName}: this controller's host keeps no ${what} in ${paths.stateDir}`,
    {
      remedy:
        "Run bin/qemu-controller on the host, as the user and with the STARGATE_STATE_DIR with which " +
        "prep-dc-inventory made it; or use mode inplace.",
    },
  );
}
