import type { World } from "../../../lib/world.ts";

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
 * @throws StargateError GuestImageFailed, DownloadFailed, ChecksumMismatch
 */
export async function ensureGuestImage(_source: ImageSource | undefined, _world: World): Promise<GuestImage> {
  throw new Error("not yet");
}
