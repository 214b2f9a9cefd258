import { systemClock, type Clock } from "./clock.ts";
import { isRetriable as isRetriableByDefault } from "./errors.ts";

export interface RetryOptions {
  /** Give up this many milliseconds after the first try began. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  clock?: Clock;
  /** First wait, in milliseconds; doubles up to `maxDelayMs`. */
  minDelayMs?: number;
  maxDelayMs?: number;
  /** False ends the retrying at once with that error. */
  isRetriable?: (error: unknown) => boolean;
  /** Called before each wait: for progress lines, and for what a status should say. */
  onRetry?: (error: unknown, attempt: number) => void;
  random?: () => number;
}

/**
 * Calls `fn` until it returns, waiting between tries with doubling, jittered delays. For waiting on hosts and
 * services; objects in a queue have the queue's own back-off, and the two are never nested.
 *
 * @throws the last error of `fn` when time is up or the error is not retriable
 */
export async function retry<T>(fn: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock = systemClock, minDelayMs = 250, maxDelayMs = 5_000, random = Math.random } = options;
  const isRetriable = options.isRetriable ?? isRetriableByDefault;
  const deadline = clock.now() + options.timeoutMs;
  for (let attempt = 1; ; attempt++) {
    options.signal?.throwIfAborted();
    try {
      return await fn(attempt);
    } catch (error) {
      options.signal?.throwIfAborted();
      const full = Math.min(maxDelayMs, minDelayMs * 2 ** (attempt - 1));
      const delay = full / 2 + (full / 2) * random();
      if (!isRetriable(error) || clock.now() + delay > deadline) throw error;
      options.onRetry?.(error, attempt);
      await clock.sleep(delay, options.signal);
    }
  }
}
