import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { StargateError } from "../lib/errors.ts";
import { isErrno } from "../lib/files.ts";

export interface LockOptions {
  /** Who we are, for those who wait: for instance "stargate toolchain". */
  purpose: string;
  /** Called once when another run holds the lock, with what that run wrote about itself. */
  onWait: (holder: string) => void;
  signal?: AbortSignal | undefined;
}

/**
 * Runs `work` while holding a lock that at most one run on this host holds. flock(1) keeps the lock in a child whose
 * standard input we hold open, so the kernel frees it however we end; there are no stale locks to judge.
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const held = (await tryLock(path, true, options)) ?? (await waitForLock(path, options));
  try {
    await writeFile(path, `${options.purpose}, process ${process.pid}`);
    return await work();
  } finally {
    await release(held);
  }
}

async function waitForLock(path: string, options: LockOptions): Promise<ChildProcess> {
  options.onWait(await readFile(path, "utf8"));
  const held = await tryLock(path, false, options);
  if (held === undefined) throw new StargateError("LockFailed", `Cannot lock ${path}: flock gave up`);
  return held;
}

/** The child that holds the lock, or undefined when another one does and we are not to wait. */
async function tryLock(
  path: string,
  nonblocking: boolean,
  { signal }: LockOptions,
): Promise<ChildProcess | undefined> {
  signal?.throwIfAborted();
  // Detached: Ctrl-C in a terminal must not free the lock before what it guards has stopped.
  const child = spawn("flock", ["--no-fork", ...(nonblocking ? ["--nonblock"] : []), path, "cat"], {
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
  });
  const stop = (): void => void child.kill();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    child.stdin.on("error", () => undefined); // flock may end before it reads
    child.stdin.write("\n");
    // cat echoes as soon as flock starts it; before that there is only the end.
    const answer = await Promise.race([
      once(child.stdout, "data").then(() => "held" as const),
      once(child, "close").then(() => "ended" as const),
    ]);
    signal?.throwIfAborted();
    if (answer === "held") return child;
    if (nonblocking && child.exitCode === 1) return undefined;
    throw new StargateError("LockFailed", `Cannot lock ${path}: flock ended with code ${child.exitCode}`);
  } catch (error) {
    child.kill();
    if (isErrno(error, "ENOENT")) {
      throw new StargateError("ProgramMissing", "Cannot run flock: it is not installed", {
        remedy: "Install the package util-linux.",
      });
    }
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

async function release(child: ChildProcess): Promise<void> {
  const ended = once(child, "close");
  child.stdin?.end();
  await ended;
}
