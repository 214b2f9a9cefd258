import { join } from "node:path";
import { writeFileAtomic } from "../lib/files.ts";
import type { World } from "../lib/world.ts";
import type { Part } from "./part.ts";
import { SupervisedPart } from "./supervised-part.ts";
import type { LabPaths } from "./lab-paths.ts";
import type { SupervisorStatus } from "./supervisor-status.ts";

/**
 * Runs all parts until the world's signal aborts: each starts once what it needs is ready, is started again when it
 * ends, and is stopped only after everything that needs it.
 */
export async function supervise(parts: readonly Part[], paths: LabPaths, world: World): Promise<void> {
  const { clock, env, signal } = world;
  const writer = statusWriter(paths.status);
  const report = () =>
    writer.write({ pid: process.pid, parts: [...running.values()].map((one) => one.status) });
  const running = new Map<string, SupervisedPart>();
  for (const part of parts) {
    const logPath = join(paths.logs, `${part.name}.log`);
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
  await Promise.all(runs.values());
  report();
  await writer.settled();
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

/** Writes the newest status one at a time: changes that come while writing are written together. */
function statusWriter(path: string) {
  let next: SupervisorStatus | undefined;
  let writing: Promise<void> | undefined;
  const drain = async (): Promise<void> => {
    while (next !== undefined) {
      const status = next;
      next = undefined;
      await writeFileAtomic(path, `${JSON.stringify(status, null, 2)}\n`, 0o600);
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
