import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { World } from "../../../lib/world.ts";
import { isPublished, publish, sweepTemporaries } from "../../../toolchain/cache.ts";
import { hostArchitecture } from "../../../toolchain/host-architecture.ts";
import { withLock } from "../../../toolchain/lock.ts";
import { buildGuestImage, guestRecipe } from "./build-guest-image.ts";
import { diskFormat, downloadGuestImage } from "./download-guest-image.ts";
import { KERNEL_PARAMETERS } from "./kernel-parameters.ts";

/** What a guest boots from. Never written to: every VM gets an overlay of its own on `rootDisk`. */
export interface GuestImage {
  rootDisk: string;
  format: "raw" | "qcow2";
  /** Undefined: the disk boots itself by firmware and GRUB. */
  kernel: GuestKernel | undefined;
}

export interface GuestKernel {
  vmlinuz: string;
  initrd: string;
  /** Label of the root file system: root=LABEL=<this>. */
  rootLabel: string;
  /** The rest of a good kernel command line for this guest, without root= and console=. */
  parameters: readonly string[];
}

/** An official cloud image and its published SHA-256. */
export interface ImageSource {
  url: string;
  sha256: string;
}

/**
 * The guest image: built from Debian packages, or the cloud image of this source. Kept in the cache; a run that is
 * stopped leaves nothing half-made, and two runs at once make it once.
 * @throws StargateError GuestImageFailed, GuestImageInvalid, DownloadFailed, ChecksumMismatch
 */
export async function ensureGuestImage(source: ImageSource | undefined, world: World): Promise<GuestImage> {
  if (source === undefined) {
    const recipe = guestRecipe(hostArchitecture(process.arch));
    const dir = await ensureFolder(recipe.name, world, (out) => buildGuestImage(recipe, out, world));
    const [vmlinuz, initrd] = [join(dir, "vmlinuz"), join(dir, "initrd")];
    const kernel = { vmlinuz, initrd, rootLabel: "stargate-root", parameters: KERNEL_PARAMETERS };
    return { rootDisk: join(dir, "root.img"), format: "raw", kernel };
  }
  const dir = await ensureFolder(source.sha256, world, (out, root) =>
    downloadGuestImage(source, out, root, world),
  );
  const rootDisk = join(dir, "disk");
  return { rootDisk, format: await diskFormat(rootDisk), kernel: undefined };
}

async function ensureFolder(
  name: string,
  world: World,
  fill: (out: string, root: string) => Promise<void>,
): Promise<string> {
  const root = join(world.paths.cacheDir, "guest-images");
  const dir = join(root, name);
  if (isPublished(dir)) return dir;
  await mkdir(root, { recursive: true });
  const lock = {
    purpose: `guest image ${name}`,
    onWait: (holder: string) =>
      world.progress.say(`Waiting: another run is making a guest image (${holder})`),
    signal: world.signal,
  };
  await withLock(join(root, ".lock"), lock, async () => {
    if (isPublished(dir)) return; // the other run has done it
    await sweepTemporaries(root);
    await publish(dir, (out) => fill(out, root));
  });
  return dir;
}
