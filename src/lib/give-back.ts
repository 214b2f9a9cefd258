import { lchown, lstat, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isErrno } from "./files.ts";
import type { Env, Paths } from "./paths.ts";

/**
 * Below `sudo -E` a run of root's writes into the folders of whoever called it. Afterwards they are the caller's, who
 * could not start a controller or look at anything otherwise. Root's own home, and files of others, are left alone.
 */
export async function giveBack({ stateDir, cacheDir }: Paths, env: Env): Promise<void> {
  const [uid, gid] = [Number(env["SUDO_UID"]), Number(env["SUDO_GID"])];
  const home = env["HOME"];
  if (process.getuid?.() !== 0 || !(uid > 0) || !(gid >= 0) || home === undefined) return;
  if ((await ownerOf(home)) !== uid) return;
  for (const folder of [stateDir, cacheDir]) {
    if ((await ownerOf(folder)) === undefined) continue;
    const inside = await readdir(folder, { recursive: true }).catch(() => []);
    const above = foldersBetween(home, folder);
    for (const path of [...above, folder, ...inside.map((name) => join(folder, name))]) {
      // What a program that runs removes meanwhile needs no owner.
      if ((await ownerOf(path)) === 0) await lchown(path, uid, gid).catch(ignoreGone);
    }
  }
}

async function ownerOf(path: string): Promise<number | undefined> {
  return (await lstat(path).catch(ignoreGone))?.uid;
}

function ignoreGone(error: unknown): undefined {
  if (!isErrno(error, "ENOENT")) throw error;
  return undefined;
}

/** Those that are below one folder and above another; none where that is not inside. */
function foldersBetween(top: string, folder: string): string[] {
  const found: string[] = [];
  for (let path = dirname(folder); path !== top; path = dirname(path)) {
    if (path === dirname(path)) return [];
    found.push(path);
  }
  return found;
}
