import { systemClock, type Clock } from "../lib/clock.ts";
import { backOffDelay } from "./back-off.ts";

/** What a queue tells of itself, for metrics. */
export interface QueueObserver {
  onDepth(depth: number): void;
  onStart(waitedMs: number): void;
}

export interface WorkQueueOptions {
  clock?: Clock;
  random?: () => number;
  /** The wait after a key's first failure; doubles with each one more, up to maxDelayMs. */
  minDelayMs?: number;
  maxDelayMs?: number;
  observer?: QueueObserver;
}

/**
 * Keys to work on, each held once however often it is added, in the order they came. A key is never worked on twice
 * at the same time: added meanwhile, it has another turn afterwards, because the work may have read the old state.
 */
export class WorkQueue {
  readonly #options: Required<Omit<WorkQueueOptions, "observer">>;
  readonly #observer: QueueObserver | undefined;
  /** Ready keys in order, with since when. */
  readonly #ready = new Map<string, number>();
  readonly #working = new Set<string>();
  readonly #again = new Set<string>();
  readonly #later = new Map<string, { dueMs: number; cancel: AbortController }>();
  readonly #failures = new Map<string, number>();
  #wakeUp = Promise.withResolvers<undefined>();
  #isClosed = false;

  constructor({ observer, ...options }: WorkQueueOptions = {}) {
    this.#options = {
      clock: systemClock,
      random: Math.random,
      minDelayMs: 1_000,
      maxDelayMs: 60_000,
      ...options,
    };
    this.#observer = observer;
  }

  /** Keys that are ready and wait for their turn. */
  get depth(): number {
    return this.#ready.size;
  }

  add(key: string): void {
    if (this.#isClosed) return;
    if (this.#working.has(key)) this.#again.add(key);
    else if (!this.#ready.has(key)) this.#ready.set(key, this.#options.clock.now());
    this.#changed();
  }

  /** Adds the key when this time has gone by. Of several such times the first counts; work on the key ends them. */
  addAfter(key: string, delayMs: number): void {
    if (this.#isClosed) return;
    const dueMs = this.#options.clock.now() + delayMs;
    const before = this.#later.get(key);
    if (before !== undefined && before.dueMs <= dueMs) return;
    before?.cancel.abort();
    const cancel = new AbortController();
    this.#later.set(key, { dueMs, cancel });
    void this.#addLater(key, delayMs, cancel.signal);
  }

  /** Adds the key after a wait that grows with each failure in a row. Returns the wait. */
  addFailed(key: string): number {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const delayMs = backOffDelay(failures, this.#options);
    this.addAfter(key, delayMs);
    return delayMs;
  }

  /** The key's next failure is its first one. */
  forgetFailures(key: string): void {
    this.#failures.delete(key);
  }

  /**
   * Calls `work` for every key, at most `concurrency` at once, until the signal aborts; then takes no more, and
   * returns when the work that had begun is over. `work` must not throw.
   */
  async run(concurrency: number, work: (key: string) => Promise<void>, signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.#close();
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) this.#close();
    const worker = async (): Promise<void> => {
      for (let key = await this.#take(); key !== undefined; key = await this.#take()) {
        try {
          await work(key);
        } finally {
          this.#finish(key);
        }
      }
    };
    try {
      await Promise.all(Array.from({ length: concurrency }, worker));
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#close();
    }
  }

  /** The next key, when there is one; undefined once the queue is closed. */
  async #take(): Promise<string | undefined> {
    for (;;) {
      if (this.#isClosed) return undefined;
      const [next] = this.#ready;
      if (next !== undefined) {
        const [key, sinceMs] = next;
        this.#ready.delete(key);
        this.#working.add(key);
        this.#later.get(key)?.cancel.abort();
        this.#later.delete(key);
        this.#observer?.onStart(this.#options.clock.now() - sinceMs);
        this.#observer?.onDepth(this.depth);
        return key;
      }
      await this.#wakeUp.promise;
    }
  }

  async #addLater(key: string, delayMs: number, cancelled: AbortSignal): Promise<void> {
    try {
      await this.#options.clock.sleep(delayMs, cancelled);
    } catch {
      return; // cancelled
    }
    if (cancelled.aborted) return;
    this.#later.delete(key);
    this.add(key);
  }

  #finish(key: string): void {
    this.#working.delete(key);
    if (this.#again.delete(key)) this.add(key);
  }

  #changed(): void {
    this.#observer?.onDepth(this.depth);
    this.#wakeUp.resolve(undefined);
    this.#wakeUp = Promise.withResolvers();
  }

  #close(): void {
    this.#isClosed = true;
    for (const { cancel } of this.#later.values()) cancel.abort();
    this.#later.clear();
    this.#changed();
  }
}
