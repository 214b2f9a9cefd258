import { join } from "node:path";
import { describeError } from "../lib/errors.ts";
import { writeFileAtomic } from "../lib/files.ts";
import type { Log } from "../lib/log.ts";
import type { World } from "../lib/world.ts";
import { rotateIfLong } from "./part-log.ts";
import type { Part } from "./part.ts";
import { SupervisedPart } from "./supervised-part.ts";
import type { LabPaths } from "./lab-paths.ts";
import type { SupervisorStatus } from "./supervisor-status.ts";

const LOG_CHECK_MS = 60_000;

/**
 * Runs all parts until the world's signal aborts: each starts once what it needs is ready, is started again when it
 * ends, and is stopped only after everything that needs it.
 */
export async function supervise(parts: readonly Part[], paths: LabPaths, world: World): Promise<void> {
  const { clock, env, log, signal } = world;
  const writer = statusWriter(paths.status, log);
  const report = () =>
    writer.write({ pid: process.pid, parts: [...running.values()].map((one) => one.status) });
  const running = new Map<string, SupervisedPart>();
  for (const part of parts) {
    const logPath = logPathOf(paths, part.name);
    running.set(part.name, new SupervisedPart(part, { logPath, env, clock, onChange: report }));
  }
  report();

  const runs = new Map<string, Promise<void>>();
  // Parts are listed before what needs them, so walking backwards finds every dependant's run already made.
  for (const part of parts.toReversed()) {
    const stop = new AbortController();
    const dependants = parts.flatMap((other) =>
      other.needs.includes(part.name) ? [runs.get(other.name) ?? Promise.resolve()] : [],
    );
    const stopInOrder = async () => {
      await Promise.all(dependants);
      stop.abort();
    };
    signal.addEventListener("abort", () => void stopInOrder(), { once: true });
    runs.set(part.name, startWhenReady(part, running, stop.signal));
  }
  const logs = [...parts.map(({ name }) => logPathOf(paths, name)), logPathOf(paths, "supervisor")];
  await Promise.all([...runs.values(), keepLogsShort(logs, world)]);
  report();
  await writer.settled();
}

/** Where a part's output goes. */
export function logPathOf(paths: LabPaths, name: string): string {
  return join(paths.logs, `${name}.log`);
}

async function keepLogsShort(logs: readonly string[], { clock, log, signal }: World): Promise<void> {
  while (!signal.aborted) {
    try {
      for (const path of logs) await rotateIfLong(path);
    } catch (error) {
      log.error("logs not shortened", { error: describeError(error) });
    }
    await clock.sleep(LOG_CHECK_MS, signal).catch(() => undefined);
  }
}

async function startWhenReady(
  part: Part,
  all: ReadonlyMap<string, SupervisedPart>,
  signal: AbortSignal,
): Promise<void> {
  const stopped = new Promise<void>((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true }),
  );
  await Promise.race([
    Promise.all(part.needs.map((name) => all.get(name)?.whenReady ?? Promise.resolve())),
    stopped,
  ]);
  await all.get(part.name)?.run(signal);
}

/**
 * Writes the newest status one at a time: changes that come while writing are written together. A disk that is full
 * must not end what runs well.
 */
function statusWriter(path: string, log: Log) {
  let next: SupervisorStatus | undefined;
  let writing: Promise<void> | undefined;
  const drain = async (): Promise<void> => {
    while (next !== undefined) {
      const status = next;
      next = undefined;
      try {
        await writeFileAtomic(path, `${JSON.stringify(status, null, 2)}\n`, 0o600);
      } catch (error) {
        log.error("status not written", { path, error: describeError(error) });
      }
    }
    writing = undefined;
  };
  return {
    write(status: SupervisorStatus): void {
      next = status;
      writing ??= drain();
    },
    settled: async (): Promise<void> => {
      await writing;
    },
  };
}
