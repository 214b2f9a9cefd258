import { describeError, StargateError } from "../../lib/errors.ts";
import { createLineRedactor } from "../../lib/redact-lines.ts";
import { countsAsFailure, mayTryAgain } from "./back-off.ts";
import type { Run } from "./run.ts";
import { isSuperseded, type StatusWriter } from "./status-writer.ts";

/** True while what failed waits for its next try. */
export const RETRYING = "Retrying";

/**
 * Runs one step, and tells before and after in the Operation's status. A step that succeeded in an earlier run is run
 * again without a word: it finds its work done, and what it said then stays.
 */
export async function runStep<T>(
  { name, title }: { name: string; title: string },
  { ctx, writer, signal, work }: Pick<Run, "ctx" | "writer" | "signal" | "work">,
  action: (onLine: (line: string) => void) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const before = writer.step(name);
  const isAgain = before?.state === "Succeeded" || before?.state === "Skipped";
  const began = ctx.clock.now();
  const attempts = (before?.attempts ?? 0) + 1;
  const log = ctx.log.with({
    operation: work.operation.metadata.name,
    server: work.server.metadata.name,
    step: name,
  });
  log.info(isAgain ? "step is looked at again" : "step begins", { attempts });
  if (isAgain) await writer.update({ currentStep: title });
  else {
    await writer.updateStep(
      name,
      { state: "Running", startedAt: writer.now, finishedAt: undefined, attempts, message: undefined },
      { currentStep: title, message: title },
    );
  }
  const seconds = () => (ctx.clock.now() - began) / 1000;
  try {
    const redactLine = createLineRedactor();
    const result = await action((text) => {
      const line = redactLine(text);
      if (line === undefined) return;
      log.debug("output", { line });
      if (!isAgain) writer.showLine(name, line);
    });
    if (!isAgain) {
      const state = result === "skipped" ? "Skipped" : "Succeeded";
      // Its end is written with the next one's beginning: half the writes, and a crash between costs one more look.
      writer.noteStep(name, { state, finishedAt: writer.now });
      await noteRecovery(writer, title);
    }
    ctx.metrics.step(name, "succeeded", seconds());
    log.info("step ended", { seconds: seconds() });
    return result;
  } catch (error) {
    // A stop is no failure of the step: it goes on at the next start, and its status stays Running until then.
    if (signal.aborted || isSuperseded(error)) throw error;
    ctx.metrics.step(name, "failed", seconds());
    const message = describeError(error);
    log.warn("step failed", { error: message, seconds: seconds() });
    const counts = mayTryAgain(error) && countsAsFailure(error);
    const failures = (before?.failures ?? 0) + (counts ? 1 : 0);
    const isFinal = !mayTryAgain(error) || failures > work.operation.spec.retries;
    await writer.updateStep(name, {
      ...(isFinal ? { state: "Failed", finishedAt: writer.now } : { state: "Pending" }),
      attempts,
      message,
      ...(failures === 0 ? {} : { failures }),
    });
    throw isFinal ? asFinal(error, failures) : error;
  }
}

/** The error once more, as one that trying again will not help. */
function asFinal(error: unknown, failures: number): unknown {
  if (!mayTryAgain(error)) return error;
  const { reason, remedy } =
    error instanceof StargateError ? error : { reason: "Unexpected", remedy: undefined };
  const times = failures === 1 ? "once" : `${failures} times`;
  return new StargateError(reason, `${describeError(error)}; given up after it failed ${times}`, {
    ...(remedy === undefined ? {} : { remedy }),
    cause: error,
  });
}

/** What was tried again has gone well. */
async function noteRecovery(writer: StatusWriter, title: string): Promise<void> {
  if (writer.condition(RETRYING)?.status !== "True") return;
  await writer.update(
    {},
    { type: RETRYING, status: "False", reason: "Recovered", message: `${title}: done` },
  );
}
