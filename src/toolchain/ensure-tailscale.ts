import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { packagePath } from "../lib/assets.ts";
import type { World } from "../lib/world.ts";
import { componentsFor } from "./components.ts";
import { deliverComponents } from "./deliver-components.ts";
import { hostArchitecture } from "./host-architecture.ts";
import { resolveKubernetes } from "./kubernetes-versions.ts";
import { withLock } from "./lock.ts";
import { findPlace, placeOf } from "./places.ts";
import { askedSource, probeUrl } from "./source.ts";

/**
 * Delivers tailscale and tailscaled alone: what a router needs, whatever cluster its workers join. Safe to interrupt
 * and to run twice at once, as ensureToolchain is, whose cache it shares.
 */
export async function ensureTailscale(world: World): Promise<{ tailscale: string; tailscaled: string }> {
  const arch = hostArchitecture(process.arch);
  const source = askedSource(world.env);
  const root = join(world.paths.cacheDir, "toolchain");
  const toolchainDir = packagePath("toolchain");
  const places = componentsFor(resolveKubernetes(undefined), arch)
    .filter(({ name }) => name === "tailscale")
    .map((component) => placeOf(component, arch, root, toolchainDir));
  const find = (): string | undefined => places.map((place) => findPlace(place, source))[0];
  if (find() === undefined) {
    await mkdir(root, { recursive: true });
    const lock = {
      purpose: "tailscale for a router",
      onWait: (holder: string) =>
        world.progress.say(`Waiting: another run is filling the same cache (${holder})`),
      signal: world.signal,
    };
    await withLock(join(root, ".lock"), lock, () =>
      deliverComponents(places, { source, arch, root, toolchainDir, probeUrl, world }),
    );
  }
  const folder = find() ?? root;
  return { tailscale: join(folder, "tailscale"), tailscaled: join(folder, "tailscaled") };
}
