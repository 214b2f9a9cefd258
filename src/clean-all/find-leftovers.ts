import { readFile } from "node:fs/promises";
import type { World } from "../lib/world.ts";
import { findLogs } from "./find-background.ts";
import { readFolders } from "./find-folders.ts";
import { findOwnProcesses } from "./own-processes.ts";

/**
 * What is still there of ours, looked for afresh and not by what was removed: processes, sockets and files. Nothing,
 * where the clean-up did its work.
 */
export async function findLeftovers(world: World, { keepCache }: { keepCache: boolean }): Promise<string[]> {
  const [processes, sockets, logs, folders] = await Promise.all([
    findOwnProcesses(world),
    findSockets(world.paths.stateDir),
    findLogs(world),
    readFolders(world, { keepCache }),
  ]);
  return [
    ...processes.map(({ pid, command }) => `process ${pid}: ${command}`),
    ...sockets.map((path) => `socket ${path}`),
    ...folders.ours,
    ...logs.map(({ what }) => `log ${what}`),
  ];
}

/** Unix sockets below a folder that some process has open, whether or not their files are still there. */
async function findSockets(folder: string): Promise<string[]> {
  const table = await readFile("/proc/net/unix", "utf8");
  const paths = table.split("\n").map((line) => line.trim().split(/\s+/)[7] ?? "");
  return [...new Set(paths.filter((path) => path.startsWith(`${folder}/`)))];
}
