import { statSync } from "node:fs";
import { ensureBackground, readRunningPid, stopBackground } from "../lib/background.ts";
import { StargateError } from "../lib/errors.ts";
import { lastLines } from "../lib/exec.ts";
import { readFileFrom } from "../lib/files.ts";
import { programArgv } from "../lib/own-program.ts";
import { retry } from "../lib/retry.ts";
import type { World } from "../lib/world.ts";
import { controllerPlace, type ControllerPlace } from "./controller-place.ts";

/** What a controller logs once it serves. */
const STARTED = /\bcontroller started\b/;
const START_TIMEOUT_MS = 30_000;

/**
 * Starts a controller in the background, and returns once it serves. One that runs already goes on.
 * @throws StargateError ControllerEnded with what it said last, LogNotOurs
 */
export async function startController(
  place: ControllerPlace,
  args: readonly string[],
  world: World,
): Promise<{ pid: number; started: boolean }> {
  const logStart = statSync(place.logPath, { throwIfNoEntry: false })?.size ?? 0;
  const outcome = await ensureBackground({
    argv: [...programArgv(place.program, world), ...args],
    env: { ...world.env },
    ...place,
  });
  if (outcome.started) {
    await world.progress.step(`Start ${place.program}`, () => waitUntilServing(place, logStart, world));
  }
  return outcome;
}

/** Does so for each of these providers, with the same arguments. */
export async function startControllers(
  providerIds: readonly string[],
  args: readonly string[],
  world: World,
): Promise<void> {
  for (const id of providerIds) {
    const place = controllerPlace(id, world);
    const { pid, started } = await startController(place, args, world);
    world.print(
      `${place.program} ${started ? "runs" : "runs already"}: process ${pid}, log ${place.logPath}`,
    );
  }
}

async function waitUntilServing(
  place: ControllerPlace,
  logStart: number,
  { clock, signal }: World,
): Promise<void> {
  await retry(
    async () => {
      const isRunning = (await readRunningPid(place.pidPath)) !== undefined;
      const log = await readFileFrom(place.logPath, logStart);
      if (isRunning && STARTED.test(log)) return;
      const state = isRunning ? `it does not serve after ${START_TIMEOUT_MS / 1000} s` : "it ended";
      throw new StargateError(
        isRunning ? "ControllerNotServing" : "ControllerEnded",
        `Cannot start ${place.program}: ${state}\n${lastLines(log, 5)}`,
        { retriable: isRunning, remedy: `Read ${place.logPath}.` },
      );
    },
    { timeoutMs: START_TIMEOUT_MS, minDelayMs: 50, maxDelayMs: 250, clock, signal },
  );
}

/** Stops the controllers of these providers. What runs on hosts goes on there, and is found again at the next start. */
export async function stopControllers(providerIds: readonly string[], world: World): Promise<void> {
  for (const id of providerIds) {
    const { program, pidPath } = controllerPlace(id, world);
    const stopped = await stopBackground(pidPath, { clock: world.clock });
    world.print(`${program} ${stopped ? "is stopped" : "did not run"}`);
  }
}

/** Process id of each provider's controller; undefined where it does not run. */
export async function readControllers(
  providerIds: readonly string[],
  world: World,
): Promise<{ place: ControllerPlace; pid: number | undefined }[]> {
  return Promise.all(
    providerIds.map(async (id) => {
      const place = controllerPlace(id, world);
      return { place, pid: await readRunningPid(place.pidPath) };
    }),
  );
}
