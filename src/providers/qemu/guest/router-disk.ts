import { chmod, copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { assetPath } from "../../../lib/assets.ts";
import type { World } from "../../../lib/world.ts";
import { isPublished, publish, sweepTemporaries } from "../../../toolchain/cache.ts";
import { withLock } from "../../../toolchain/lock.ts";
import { shortHash } from "../../../toolchain/recipe-hash.ts";
import { ROUTER_DISK_LABEL } from "./cloud-init.ts";
import { makeIso } from "./seed.ts";

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
  const { cacheDir } = world.paths;
  const scripts = assetPath("providers/qemu/guest/router");
  const names = (await readdir(scripts)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(scripts, name), "utf8")));
  // The toolchain keeps each version of a program under a path of its own.
  const version = shortHash([programs.tailscale, programs.tailscaled, ...names, ...texts]);
  const root = join(cacheDir, "router-disks");
  const dir = join(root, version);
  const disk = join(dir, "router.iso");
  if (isPublished(dir)) return disk;

  await mkdir(root, { recursive: true });
  const lock = {
    purpose: "router disk",
    onWait: () => undefined,
    signal: world.signal,
  };
  await withLock(join(root, ".lock"), lock, async () => {
    if (isPublished(dir)) return;
    await sweepTemporaries(root);
    await publish(dir, async (temporary) => {
      const content = join(temporary, "content");
      await mkdir(content);
      for (const name of names) {
        await copyFile(join(scripts, name), join(content, name));
        await chmod(join(content, name), name.endsWith(".sh") ? 0o755 : 0o644);
      }
      for (const [name, path] of Object.entries(programs)) {
        await copyFile(path, join(content, name));
        await chmod(join(content, name), 0o755);
      }
      await writeFile(join(content, "version"), version);
      await makeIso(join(temporary, "router.iso"), ROUTER_DISK_LABEL, content, world.signal);
      await rm(content, { recursive: true });
    });
  });
  return disk;
}
