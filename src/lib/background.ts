import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, closeSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { systemClock, type Clock } from "./clock.ts";
import { StargateError } from "./errors.ts";
import { isErrno, readJsonIfExists, writeFileAtomic } from "./files.ts";
import { openPrivateLog } from "./private-log.ts";

/** A program's id together with its start time, so that a number used again is never mistaken for it. */
const PidFile = z.object({ pid: z.int().positive(), startTime: z.string() });

export interface BackgroundProgram {
  argv: readonly [string, ...string[]];
  pidPath: string;
  logPath: string;
  /** Folder it runs in; ours where none is given. */
  cwd?: string;
  env?: Record<string, string | undefined>;
}

/** Starts a program that goes on when we end. One that runs already is left alone. Returns its process id. */
export async function ensureBackground(
  program: BackgroundProgram,
): Promise<{ pid: number; started: boolean }> {
  const running = await readRunningPid(program.pidPath);
  if (running !== undefined) return { pid: running, started: false };
  mkdirSync(dirname(program.logPath), { recursive: true, mode: 0o700 });
  const log = openPrivateLog(program.logPath);
  try {
    const [file, ...args] = program.argv;
    const child = spawn(file, args, {
      detached: true,
      stdio: ["ignore", log, log],
      ...(program.cwd === undefined ? {} : { cwd: program.cwd }),
      ...(program.env === undefined ? {} : { env: program.env }),
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    const { pid } = child;
    const startTime = pid === undefined ? undefined : readStartTime(pid);
    if (pid === undefined || startTime === undefined) {
      throw new StargateError("ProgramEnded", `Cannot start ${file}: it ended at once`, {
        remedy: `Read ${program.logPath}.`,
      });
    }
    await writeFileAtomic(program.pidPath, `${JSON.stringify({ pid, startTime })}\n`, 0o600);
    child.unref();
    return { pid, started: true };
  } finally {
    closeSync(log);
  }
}

/** Asks the program to end, waits, and kills it when it does not. One that does not run is fine. */
export async function stopBackground(
  pidPath: string,
  options: { timeoutMs?: number; clock?: Clock } = {},
): Promise<boolean> {
  const { timeoutMs = 20_000, clock = systemClock } = options;
  const pid = await readRunningPid(pidPath);
  if (pid === undefined) {
    await rm(pidPath, { force: true });
    return false;
  }
  process.kill(pid, "SIGTERM");
  const deadline = clock.now() + timeoutMs;
  while ((await readRunningPid(pidPath)) === pid) {
    if (clock.now() > deadline) process.kill(pid, "SIGKILL");
    await clock.sleep(50);
  }
  await rm(pidPath, { force: true });
  return true;
}

/** The process id in a pid file, where that very program still runs. */
export async function readRunningPid(pidPath: string): Promise<number | undefined> {
  const known = await readJsonIfExists(pidPath, PidFile);
  return known !== undefined && readStartTime(known.pid) === known.startTime ? known.pid : undefined;
}

/** Start time of a process in clock ticks since boot; undefined where there is none, or only its exit code is left. */
export function readStartTime(pid: number): string | undefined {
  try {
    // The name in field 2 may hold spaces and brackets: count from behind its closing bracket.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch (error) {
    if (isErrno(error, "ENOENT") || isErrno(error, "ESRCH")) return undefined;
    throw error;
  }
}
