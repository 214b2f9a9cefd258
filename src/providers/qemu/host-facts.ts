import { access, constants, readFile, statfs } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { z } from "zod";
import { exec } from "../../lib/exec.ts";
import { isErrno } from "../../lib/files.ts";
import type { Env } from "../../lib/paths.ts";

const MIB = 1024 * 1024;

/** Those of these programs that PATH does not lead to. */
export async function findMissingPrograms(names: readonly string[], env: Env): Promise<string[]> {
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const isThere = async (name: string): Promise<boolean> => {
    for (const folder of folders) {
      try {
        await access(join(folder, name), constants.X_OK);
        return true;
      } catch {
        // the next folder may have it
      }
    }
    return false;
  };
  const found = await Promise.all(names.map(isThere));
  return names.filter((_, index) => found[index] !== true);
}

/** Free space where this folder is or will be. */
export async function freeDiskMiB(folder: string): Promise<number> {
  for (let at = folder; ; at = dirname(at)) {
    try {
      const { bavail, bsize } = await statfs(at);
      return Math.floor((bavail * bsize) / MIB);
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
    }
  }
}

/** Memory that programs can get without swapping. */
export async function availableMemoryMiB(): Promise<number> {
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(await readFile("/proc/meminfo", "utf8"))?.[1];
  return Math.floor(Number(kib) / 1024);
}

const Route = z.object({ dst: z.string(), dev: z.string().optional() });

/** Subnets this host has routes to, the default one aside. Empty where there is no ip(8) to ask. */
export async function readHostRoutes(signal: AbortSignal): Promise<{ cidr: string; device: string }[]> {
  try {
    const { stdout } = await exec(["ip", "-json", "-4", "route", "show"], { signal });
    return z
      .array(Route)
      .parse(JSON.parse(stdout === "" ? "[]" : stdout))
      .filter(({ dst }) => dst !== "default")
      .map(({ dst, dev }) => ({ cidr: dst.includes("/") ? dst : `${dst}/32`, device: dev ?? "" }));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error && "reason" in error && error.reason === "ProgramMissing") return [];
    throw error;
  }
}
