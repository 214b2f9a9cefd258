import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

const temporaryPrefix = ".tmp-";

/** True when the folder is there; it only ever appears whole. */
export function isPublished(dir: string): boolean {
  return existsSync(dir);
}

/**
 * Fills a temporary folder beside `dir` and renames it to `dir`: a crash or Ctrl-C at any moment leaves nothing
 * under that name. Only for the holder of the toolchain's lock.
 */
export async function publish(dir: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  const parent = dirname(dir);
  const temporary = join(parent, `${temporaryPrefix}${basename(dir)}-${randomBytes(4).toString("hex")}`);
  await mkdir(temporary, { recursive: true });
  try {
    await fill(temporary);
    await rename(temporary, dir);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Removes what interrupted runs left. Only for the holder of the toolchain's lock. */
export async function sweepTemporaries(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (name.startsWith(temporaryPrefix)) await rm(join(parent, name), { recursive: true, force: true });
  }
}
