import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { packagePath } from "../lib/assets.ts";
import type { World } from "../lib/world.ts";
import { sweepTemporaries } from "./cache.ts";
import { componentsFor, type Architecture } from "./components.ts";
import { deliverComponents } from "./deliver-components.ts";
import { resolveKubernetes } from "./kubernetes-versions.ts";
import { withLock } from "./lock.ts";
import { findPlace, placeOf } from "./places.ts";
import { askedSource, probeUrl } from "./source.ts";

/**
 * Delivers some components only, for whoever needs no whole toolchain. Returns the folder of each, in the order asked.
 * As ensureToolchain, safe to interrupt and to run twice at once.
 */
export async function ensureComponents(
  names: readonly string[],
  arch: Architecture,
  world: World,
): Promise<string[]> {
  const source = askedSource(world.env);
  const root = join(world.paths.cacheDir, "toolchain");
  const toolchainDir = packagePath("toolchain");
  const known = componentsFor(resolveKubernetes(), arch);
  const places = names.map((name) => {
    const component = known.find((one) => one.name === name);
    if (component === undefined) throw new Error(`the toolchain has no component ${name}`);
    return placeOf(component, arch, root, toolchainDir);
  });
  const find = () => places.map((place) => findPlace(place, source));
  if (find().includes(undefined)) {
    await mkdir(root, { recursive: true });
    const lock = {
      purpose: `toolchain: ${names.join(", ")}`,
      onWait: (holder: string) =>
        world.progress.say(`Waiting: another run is filling the same cache (${holder})`),
      signal: world.signal,
    };
    await withLock(join(root, ".lock"), lock, async () => {
      await sweepTemporaries(root);
      await deliverComponents(places, { source, arch, root, toolchainDir, probeUrl, world });
    });
  }
  return find().map((folder, index) => {
    if (folder === undefined) throw new Error(`the toolchain did not deliver ${names[index]}`);
    return folder;
  });
}
