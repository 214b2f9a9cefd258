import { assetPath, readAsset } from "../../../lib/assets.ts";
import { StargateError } from "../../../lib/errors.ts";
import type { World } from "../../../lib/world.ts";
import type { Architecture } from "../../../toolchain/components.ts";
import { shortHash } from "../../../toolchain/recipe-hash.ts";
import { runGroup } from "../../../toolchain/run-group.ts";
import { guestPackages } from "./guest-packages.ts";

const FOLDER = "providers/qemu/guest";
const FILES = ["build-guest-image.sh", "customize-guest.sh", "pack-guest.sh", "cloud.yaml"];

export interface GuestRecipe {
  /** Names the image by everything it is made of. */
  name: string;
  packages: readonly string[];
}

/** How the guest image for a processor is made. */
export function guestRecipe(architecture: Architecture): GuestRecipe {
  const packages = guestPackages(architecture);
  const texts = FILES.map((file) => readAsset(`${FOLDER}/${file}`));
  return { name: `debian-13-${architecture}-${shortHash([...packages, ...texts])}`, packages };
}

/** Builds root.img, vmlinuz and initrd in the empty folder `out`. */
export async function buildGuestImage({ packages }: GuestRecipe, out: string, world: World): Promise<void> {
  const { env, progress, signal } = world;
  const build = async (update: (detail: string) => void): Promise<void> => {
    const { exitCode, errorLines } = await runGroup(["bash", assetPath(`${FOLDER}/build-guest-image.sh`)], {
      cwd: out,
      env: {
        ...env,
        OUT: out,
        FILES: assetPath(FOLDER),
        PACKAGES: packages.join(","),
        MIRROR: env["STARGATE_DEBIAN_MIRROR"] ?? "",
        SCRATCH: env["TMPDIR"] ?? "/var/tmp", // not /tmp, which may be in memory
      },
      onLine: (line) => {
        if (/^I: (?!running|chroot|auto)/.test(line)) update(line.slice("I: ".length));
      },
      signal,
    });
    if (exitCode === 0) return;
    const tail = errorLines.filter((line) => line.startsWith("E: ") || /error|fail/i.test(line)).slice(-4);
    throw new StargateError(
      "GuestImageFailed",
      `Build the guest image: exit code ${exitCode}\n${tail.join("\n")}`,
      { remedy: remedyFor(errorLines.join("\n")) },
    );
  };
  await progress.step("Build the guest image from Debian packages", build);
}

/** What helps, by what mmdebstrap and apt say. */
function remedyFor(output: string): string {
  if (/mmdebstrap: (command )?not found|mkfs.ext4: (command )?not found/.test(output)) {
    return "Run scripts/install-host-packages.sh.";
  }
  if (/No space left/.test(output)) {
    return "Make 3 GB of room in /var/tmp (TMPDIR names another folder) and in the cache, then run the command again.";
  }
  if (/subuid|subgid|newuidmap|unshare/.test(output)) {
    return "Install the package uidmap, and give this user a range in /etc/subuid and /etc/subgid (usermod --add-subuids 100000-165535 --add-subgids 100000-165535 <user>).";
  }
  if (/NO_PUBKEY|not signed|keyring/.test(output)) {
    return "Bring the package debian-archive-keyring up to date: the image is Debian 13.";
  }
  return "Check that this host reaches a Debian mirror (STARGATE_DEBIAN_MIRROR names another one), then run the command again.";
}
