import { copyFile, readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import type { World } from "../../../lib/world.ts";
import { shortHash } from "../../../toolchain/recipe-hash.ts";
import { ensureCachedDisk } from "./cached-disk.ts";

/** Label by which find-artifacts.sh finds the volume on a host. */
const LABEL = "STARGATE-ARTIFACTS";

/**
 * The disk that holds a node bundle. A worker that has it need not be sent the bundle, which takes an emulated router
 * minutes; what is on it is verified on the worker like everything that is sent. Undefined where there is no bundle.
 */
export async function ensureArtifactsDisk(bundleDir: string, world: World): Promise<string | undefined> {
  const names = await readdir(bundleDir).catch(() => undefined);
  if (names === undefined) return undefined;
  return ensureCachedDisk(
    {
      kind: "artifact-disks",
      // The toolchain keeps each bundle under a path of its own, and links to the current one.
      version: shortHash([await realpath(bundleDir), ...names.sort()]),
      label: LABEL,
      fill: async (content) => {
        for (const name of names) await copyFile(join(bundleDir, name), join(content, name));
      },
    },
    world,
  );
}
