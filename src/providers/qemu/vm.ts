import { rm } from "node:fs/promises";
import { join } from "node:path";
import { ensureBackground, readRunningPid, stopBackground } from "../../lib/background.ts";
import { systemClock, type Clock } from "../../lib/clock.ts";
import { StargateError } from "../../lib/errors.ts";
import { lastLines } from "../../lib/exec.ts";
import { readFileIfExists } from "../../lib/files.ts";
import { retry } from "../../lib/retry.ts";
import type { World } from "../../lib/world.ts";
import { QMP_SOCKET, runQmp } from "./qmp.ts";
import { vmFiles } from "./vm-arguments.ts";

/** How long a process that was killed may take to let go of its files. */
const RELEASE_TIMEOUT_MS = 10_000;
const START_TIMEOUT_MS = 30_000;
/** An emulated guest needs this long to end its services. */
const POWERDOWN_TIMEOUT_MS = 30_000;
/** QEMU writes out what a disk still lacks; a plug that is pulled asks for no such thing. */
const FLUSH_TIMEOUT_MS = 15_000;
const QUIT_TIMEOUT_MS = 2_000;

/** True while QEMU runs this VM. */
export async function isVmRunning(dir: string): Promise<boolean> {
  return (await readRunningPid(join(dir, vmFiles.pid))) !== undefined;
}

/**
 * Starts QEMU in the VM's folder, to go on when we end, and waits until it answers. One that runs is left alone.
 * @throws StargateError VmEnded with QEMU's own words
 */
export async function startVm(
  dir: string,
  argv: readonly [string, ...string[]],
  world: World,
): Promise<void> {
  const { signal, clock } = world;
  await retry(() => tryToStart(dir, argv, world), {
    ...{ timeoutMs: RELEASE_TIMEOUT_MS, minDelayMs: 100, maxDelayMs: 500, signal, clock },
    isRetriable: isDiskInUse,
  });
}

/** One that was killed a moment ago is no process any more, and still holds its disk. */
function isDiskInUse(error: unknown): boolean {
  return error instanceof StargateError && /another process using the image/.test(error.message);
}

async function tryToStart(dir: string, argv: readonly [string, ...string[]], world: World): Promise<void> {
  const { env, signal, clock } = world;
  const log = join(dir, vmFiles.log);
  await ensureBackground({
    argv,
    cwd: dir,
    pidPath: join(dir, vmFiles.pid),
    logPath: log,
    env: { PATH: env["PATH"], HOME: env["HOME"], LC_ALL: "C" },
  });
  await retry(
    async () => {
      if (!(await isVmRunning(dir))) {
        const words = lastLines((await readFileIfExists(log)) ?? "", 3);
        throw new StargateError("VmEnded", `QEMU ended as soon as it was started in ${dir}: ${words}`, {
          remedy: `Read ${log}.`,
        });
      }
      await runQmp(dir, "query-status", signal);
    },
    { timeoutMs: START_TIMEOUT_MS, minDelayMs: 50, maxDelayMs: 500, signal, clock },
  );
}

/**
 * Stops a VM and waits for its end. `powerdown` lets the guest end its services and keeps its disk whole; `discard` is
 * for a VM whose disk goes too. One that does not run is fine.
 */
export async function stopVm(
  dir: string,
  how: "powerdown" | "discard",
  clock: Clock = systemClock,
): Promise<void> {
  const timeoutMs = how === "powerdown" ? FLUSH_TIMEOUT_MS : QUIT_TIMEOUT_MS;
  if (how === "powerdown") {
    await tryQmp(dir, "system_powerdown", timeoutMs);
    await waitForEnd(dir, POWERDOWN_TIMEOUT_MS, clock);
  }
  if (await isVmRunning(dir)) {
    await tryQmp(dir, "quit", timeoutMs);
    await waitForEnd(dir, timeoutMs, clock);
  }
  await stopBackground(join(dir, vmFiles.pid), { timeoutMs, clock });
  await rm(join(dir, QMP_SOCKET), { force: true });
}

async function tryQmp(dir: string, command: "system_powerdown" | "quit", timeoutMs: number): Promise<void> {
  if (!(await isVmRunning(dir))) return;
  try {
    await runQmp(dir, command, AbortSignal.timeout(timeoutMs));
  } catch {
    // A QEMU that does not answer is ended by a signal below.
  }
}

async function waitForEnd(dir: string, timeoutMs: number, clock: Clock): Promise<void> {
  const deadline = clock.now() + timeoutMs;
  while (clock.now() < deadline && (await isVmRunning(dir))) await clock.sleep(50);
}
