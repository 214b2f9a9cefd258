import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readJsonIfExists, writeFileAtomic } from "../../lib/files.ts";
import type { World } from "../../lib/world.ts";
import { bootsUnderKvm } from "./boots-under-kvm.ts";
import type { GuestImage } from "./guest/guest-image.ts";

const KVM_DEVICE = "/dev/kvm";

/** How QEMU runs a guest's instructions: by the processor itself, or emulated. */
export type Accelerator = "kvm" | "tcg";

/** What was found out, and in which boot of this host. */
const Choice = z.object({ bootId: z.string(), accelerator: z.enum(["kvm", "tcg"]) });

export interface AcceleratorProbe {
  kvmDevice: string;
  bootsUnderKvm: (image: GuestImage, signal: AbortSignal) => Promise<boolean>;
}

/**
 * "kvm" only where KVM really boots a guest: /dev/kvm can be there and be useless, so a guest kernel must print its
 * first line within seconds. Decided once for each boot of this host.
 */
export async function chooseAccelerator(
  world: World,
  image: GuestImage,
  probe: AcceleratorProbe = { kvmDevice: KVM_DEVICE, bootsUnderKvm },
): Promise<Accelerator> {
  // Not part of what is remembered: a user may be let in, or shut out, at any time.
  if (!(await isUsable(probe.kvmDevice))) return "tcg";
  const { path, bootId, known } = await readChoice(world);
  if (known !== undefined) return known;

  const works = await world.progress.step("Try whether KVM boots a guest here", (update) =>
    probe.bootsUnderKvm(image, world.signal).then((boots) => {
      update(boots ? "it does" : "it does not, so guests are emulated");
      return boots;
    }),
  );
  const accelerator = works ? "kvm" : "tcg";
  await writeFileAtomic(path, `${JSON.stringify({ bootId, accelerator })}\n`);
  return accelerator;
}

/** What chooseAccelerator found out in this boot, or the dearer of the two where it was not asked yet. */
export async function assumeAccelerator(world: World): Promise<Accelerator> {
  if (!(await isUsable(KVM_DEVICE))) return "tcg";
  return (await readChoice(world)).known ?? "tcg";
}

async function readChoice({
  paths,
}: World): Promise<{ path: string; bootId: string; known: Accelerator | undefined }> {
  const path = join(paths.cacheDir, "accelerator.json");
  const bootId = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
  const choice = await readJsonIfExists(path, Choice);
  return { path, bootId, known: choice?.bootId === bootId ? choice.accelerator : undefined };
}

async function isUsable(device: string): Promise<boolean> {
  try {
    await access(device, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
