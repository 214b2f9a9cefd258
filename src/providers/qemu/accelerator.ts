import type { World } from "../../lib/world.ts";
import type { GuestImage } from "./guest/guest-image.ts";

/** How QEMU runs a guest's instructions: by the processor itself, or emulated. */
export type Accelerator = "kvm" | "tcg";

/**
 * "kvm" only where KVM really boots a guest: /dev/kvm can be there and be useless, so a guest kernel must print its
 * first line within seconds. Decided once for each boot of this host.
 */
export async function chooseAccelerator(_world: World, _image: GuestImage): Promise<Accelerator> {
  throw new Error("not yet");
}
