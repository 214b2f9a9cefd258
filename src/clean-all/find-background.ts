import { rm, lstat } from "node:fs/promises";
import { basename, join } from "node:path";
import { readRunningPid, stopBackground } from "../lib/background.ts";
import { isErrno } from "../lib/files.ts";
import { providerIds } from "../providers/provider-flags.ts";
import { controllerPlace, runDir } from "../run-controllers/controller-place.ts";
import type { Finder } from "./removal.ts";
import { namesIn } from "./remove-known.ts";

/** Programs that run in the background: each has left a pid file. */
export const findBackground: Finder = async (world) => {
  const folder = runDir(world);
  const names = (await namesIn(folder)).filter((name) => name.endsWith(".pid"));
  const found = await Promise.all(
    names.map(async (name) => ({ name, pid: await readRunningPid(join(folder, name)) })),
  );
  // Pid files of programs that have ended go with the folder.
  return found.flatMap(({ name, pid }) =>
    pid === undefined
      ? []
      : {
          kind: "program",
          what: `${basename(name, ".pid")}, process ${pid}`,
          remove: async () => void (await stopBackground(join(folder, name), { clock: world.clock })),
        },
  );
};

/** The controllers' logs, which lie outside of our folders. */
export const findLogs: Finder = async (world) => {
  const paths = providerIds.map((id) => controllerPlace(id, world).logPath);
  const ours = await Promise.all(paths.map(isOurs));
  return paths
    .filter((_path, index) => ours[index])
    .map((path) => ({ kind: "log", what: path, remove: () => rm(path, { force: true }) }));
};

/** True for a file of ours; in /tmp there may be another user's of the same name. */
async function isOurs(path: string): Promise<boolean> {
  try {
    const file = await lstat(path);
    return file.isFile() && file.uid === process.getuid?.();
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
}
