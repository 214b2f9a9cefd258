import { readdir, readFile, readlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { isErrno } from "../lib/files.ts";
import type { World } from "../lib/world.ts";

/** A process of ours. */
export interface OwnProcess {
  pid: number;
  parentPid: number;
  /** Its command line, or its name where that is empty. */
  command: string;
  /** Where it runs. */
  cwd: string;
}

/**
 * Every process that one of our programs started for this state folder: it is a program of our cache, a virtual
 * machine, or one of our own programs, and names a file of the state folder or holds one open. A pager or a shell that
 * a person has there is none.
 */
export async function findOwnProcesses(world: Pick<World, "paths" | "self">): Promise<OwnProcess[]> {
  const names = await readdir("/proc");
  const pids = names.map(Number).filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  const found = await Promise.all(pids.map((pid) => readIfOurs(pid, world)));
  return found.filter((one) => one !== undefined);
}

async function readIfOurs(
  pid: number,
  { paths, self }: Pick<World, "paths" | "self">,
): Promise<OwnProcess | undefined> {
  const proc = `/proc/${pid}`;
  try {
    const argv = (await readFile(join(proc, "cmdline"), "utf8")).split("\0").filter((word) => word !== "");
    const program = await readlink(join(proc, "exe"));
    const isOurProgram =
      isBelow(program, paths.cacheDir) ||
      basename(program).startsWith("qemu-") ||
      argv.some((word) => dirname(word) === dirname(self[1]));
    if (!isOurProgram) return undefined;
    const isForUs =
      argv.some((word) => word.includes(`${paths.stateDir}/`)) ||
      (await holdsFileBelow(proc, paths.stateDir));
    if (!isForUs) return undefined;
    const cwd = await readlink(join(proc, "cwd"));
    return { pid, parentPid: await readParent(proc), command: argv.join(" "), cwd };
  } catch (error) {
    // It has ended meanwhile, or belongs to somebody else.
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].some((code) => isErrno(error, code))) return undefined;
    throw error;
  }
}

async function holdsFileBelow(proc: string, folder: string): Promise<boolean> {
  const descriptors = await readdir(join(proc, "fd"));
  const files = await Promise.all(
    descriptors.map((name) => readlink(join(proc, "fd", name)).catch(() => "")), // closed meanwhile
  );
  return files.some((file) => isBelow(file, folder));
}

async function readParent(proc: string): Promise<number> {
  const stat = await readFile(join(proc, "stat"), "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}
