import { systemClock, type Clock } from "../lib/clock.ts";
import { describeError, StargateError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { Change, Informer } from "./informer.ts";
import type { ControllerMetrics } from "./metrics.ts";
import { keyText, parseKey, type ApiObject, type ObjectKey } from "./object-key.ts";
import { WorkQueue, type WorkQueueOptions } from "./work-queue.ts";

/** When to look at an object again: when something changes, or after a time at the latest. */
export type Next = { kind: "done" } | { kind: "after"; delayMs: number };

export const done: Next = { kind: "done" };

export function after(delayMs: number): Next {
  return { kind: "after", delayMs };
}

/** Changes of one type of object, as reasons to look at objects. Made by `watching()`. */
export interface Trigger {
  waitForSync(signal: AbortSignal): Promise<void>;
  /** Returns what ends it: a controller may stop, and another one begin in the same program. */
  subscribe(enqueue: (key: ObjectKey) => void): () => void;
}

/** Says which objects are to be looked at when one of the informer's objects changes. */
export function watching<T extends ApiObject>(
  informer: Informer<T>,
  keysOf: (change: Change<T>) => readonly ObjectKey[],
): Trigger {
  return {
    waitForSync: (signal) => informer.waitForSync(signal),
    subscribe: (enqueue) => informer.onChange((change) => keysOf(change).forEach(enqueue)),
  };
}

export interface ControllerOptions {
  name: string;
  triggers: readonly Trigger[];
  /**
   * Brings one object nearer to what is wanted. Called for one key at a time, many keys at once; must be safe to
   * repeat. A throw means "again later": the wait grows with each throw in a row. The signal aborts at the end.
   */
  reconcile: (key: ObjectKey, signal: AbortSignal) => Promise<Next>;
  log: Log;
  concurrency?: number;
  metrics?: ControllerMetrics;
  clock?: Clock;
  queue?: Pick<WorkQueueOptions, "minDelayMs" | "maxDelayMs" | "random">;
}

export interface Controller {
  /** Has an object looked at soon. */
  enqueue(key: ObjectKey): void;
  /** Works until the signal aborts and what had begun is over. The informers are run by the caller. */
  run(signal: AbortSignal): Promise<void>;
}

/** A controller: looks at objects when something changed that concerns them, never at one twice at the same time. */
export function createController(options: ControllerOptions): Controller {
  const { name, triggers, reconcile, log, concurrency = 1, metrics, clock = systemClock } = options;
  const queue = new WorkQueue({
    clock,
    ...options.queue,
    ...(metrics === undefined ? {} : { observer: metrics }),
  });
  const enqueue = (key: ObjectKey): void => queue.add(keyText(key));

  async function work(text: string, signal: AbortSignal): Promise<void> {
    const startedMs = clock.now();
    metrics?.onBegin();
    let errorReason: string | undefined;
    try {
      const next = await reconcile(parseKey(text), signal);
      queue.forgetFailures(text);
      if (next.kind === "after") queue.addAfter(text, next.delayMs);
    } catch (error) {
      if (signal.aborted) return; // stopped, not failed
      errorReason = error instanceof StargateError ? error.reason : "Unexpected";
      const delayMs = queue.addFailed(text);
      log.warn("not done, trying again", {
        controller: name,
        object: text,
        reason: errorReason,
        error: describeError(error),
        inSeconds: Math.round(delayMs / 100) / 10,
      });
    } finally {
      metrics?.onEnd(clock.now() - startedMs, errorReason);
    }
  }

  return {
    enqueue,
    async run(signal) {
      const subscriptions = triggers.map((trigger) => trigger.subscribe(enqueue));
      try {
        // Work on half a picture would be work on a wrong one.
        await Promise.all(triggers.map((trigger) => trigger.waitForSync(signal)));
        await queue.run(concurrency, (key) => work(key, signal), signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        for (const unsubscribe of subscriptions) unsubscribe();
      }
    },
  };
}
