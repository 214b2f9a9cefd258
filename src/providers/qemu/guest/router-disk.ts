import { chmod, copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { assetPath } from "../../../lib/assets.ts";
import type { World } from "../../../lib/world.ts";
import { shortHash } from "../../../toolchain/recipe-hash.ts";
import { ensureCachedDisk } from "./cached-disk.ts";
import { ROUTER_DISK_LABEL } from "./cloud-init.ts";

/** Programs for the router guest: static, so this host's run there too. */
export interface RouterPrograms {
  tailscale: string;
  tailscaled: string;
}

/**
 * The disk (ISO 9660) that a router guest installs itself from: tailscale and our scripts and units, no secret. Made
 * once for each version of them, kept in the cache. Attach it to the router, read-only, beside its seed.
 */
export async function ensureRouterDisk(programs: RouterPrograms, world: World): Promise<string> {
  const scripts = assetPath("providers/qemu/guest/router");
  const names = (await readdir(scripts)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(scripts, name), "utf8")));
  // The toolchain keeps each version of a program under a path of its own.
  const version = shortHash([programs.tailscale, programs.tailscaled, ...names, ...texts]);
  return ensureCachedDisk(
    {
      kind: "router-disks",
      version,
      label: ROUTER_DISK_LABEL,
      fill: async (content) => {
        for (const name of names) {
          await copyFile(join(scripts, name), join(content, name));
          await chmod(join(content, name), name.endsWith(".sh") ? 0o755 : 0o644);
        }
        for (const [name, path] of Object.entries(programs)) {
          await copyFile(path, join(content, name));
          await chmod(join(content, name), 0o755);
        }
        await writeFile(join(content, "version"), version);
      },
    },
    world,
  );
}
