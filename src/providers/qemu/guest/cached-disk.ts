import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { World } from "../../../lib/world.ts";
import { isPublished, publish, sweepTemporaries } from "../../../toolchain/cache.ts";
import { withLock } from "../../../toolchain/lock.ts";
import { makeIso } from "./seed.ts";

export interface CachedDisk {
  /** Folder below the cache, for instance router-disks. */
  kind: string;
  /** Names what the disk holds: another content, another version. */
  version: string;
  /** Label of the file system, by which a guest finds it. */
  label: string;
  /** Puts what the disk is to hold into this empty folder. */
  fill: (content: string) => Promise<void>;
}

/** A read-only disk (ISO 9660) that guests share: made once for each version of what it holds, kept in the cache. */
export async function ensureCachedDisk(
  { kind, version, label, fill }: CachedDisk,
  world: World,
): Promise<string> {
  const root = join(world.paths.cacheDir, kind);
  const dir = join(root, version);
  const disk = join(dir, "disk.iso");
  if (isPublished(dir)) return disk;

  await mkdir(root, { recursive: true });
  const lock = { purpose: kind, onWait: () => undefined, signal: world.signal };
  await withLock(join(root, ".lock"), lock, async () => {
    if (isPublished(dir)) return;
    await sweepTemporaries(root);
    await publish(dir, async (temporary) => {
      const content = join(temporary, "content");
      await mkdir(content);
      await fill(content);
      await makeIso(join(temporary, "disk.iso"), label, content, world.signal);
      await rm(content, { recursive: true });
    });
  });
  return disk;
}
