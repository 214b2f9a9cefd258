import { systemClock, type Clock } from "../lib/clock.ts";
import { describeError, StargateError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { backOffDelay } from "./back-off.ts";
import { keyOf, keyText, type ApiObject, type ObjectKey } from "./object-key.ts";

export type SourceEvent<T> =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: T; resourceVersion: string }
  | { type: "BOOKMARK"; resourceVersion: string };

/** Where an informer's objects come from. An error with the reason ApiExpired asks for a new list. */
export interface ObjectSource<T> {
  list(signal: AbortSignal): Promise<{ items: readonly T[]; resourceVersion: string }>;
  /** Changes after resourceVersion. Ends when the server wants it to. */
  watch(resourceVersion: string, signal: AbortSignal): AsyncIterable<SourceEvent<T>>;
}

export type Change<T> =
  | { type: "added"; object: T }
  | { type: "updated"; object: T; before: T }
  /** `object` is the last state that was heard of. */
  | { type: "deleted"; object: T };

export interface InformerOptions<T> {
  /** For logs: what this informs about, for instance servers. */
  name: string;
  source: ObjectSource<T>;
  log: Log;
  clock?: Clock;
  random?: () => number;
}

/** A watch that the server ends sooner than this is counted as a failure, or we would ask without pause. */
const SHORT_WATCH_MS = 1_000;

/**
 * Holds the objects of one type as last heard of, and tells of every change, also of those that were missed while the
 * API server could not be reached: after every failure it lists anew and compares.
 */
export class Informer<T extends ApiObject> {
  readonly name: string;
  readonly #options: Required<InformerOptions<T>>;
  readonly #objects = new Map<string, T>();
  readonly #handlers = new Set<(change: Change<T>) => void>();
  readonly #synced = Promise.withResolvers<undefined>();
  #hasSynced = false;
  #isConnected = false;
  /** In a row, since the last event of a watch. */
  #failures = 0;

  constructor(options: InformerOptions<T>) {
    this.name = options.name;
    this.#options = { clock: systemClock, random: Math.random, ...options };
  }

  /** True once the first list has come. From then on the cache answers, if perhaps a little late. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** True while what is held is being kept up to date. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  async waitForSync(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await Promise.race([this.#synced.promise, aborted.promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(keyText(key));
  }

  list({ namespace }: { namespace?: string } = {}): T[] {
    const all = [...this.#objects.values()];
    return namespace === undefined ? all : all.filter((object) => keyOf(object).namespace === namespace);
  }

  /**
   * Calls `handler` for what is held already (as added) and for every change from now on, until the function that
   * is returned is called.
   */
  onChange(handler: (change: Change<T>) => void): () => void {
    this.#handlers.add(handler);
    for (const object of this.#objects.values()) this.#call(handler, { type: "added", object });
    return () => void this.#handlers.delete(handler);
  }

  /** Keeps the cache up to date until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    const isOver = (): boolean => signal.aborted;
    let resourceVersion: string | undefined;
    while (!isOver()) {
      const startedMs = clock.now();
      try {
        resourceVersion ??= await this.#relist(signal);
        resourceVersion = await this.#follow(resourceVersion, signal);
        if (clock.now() - startedMs >= SHORT_WATCH_MS) continue;
        this.#failures++;
      } catch (error) {
        if (isOver()) return;
        this.#failures++;
        this.#isConnected = false;
        this.#logFailure(error);
        // Whatever happened, a new list tells what was missed: deletions, and an etcd restored from a backup.
        resourceVersion = undefined;
        if (isExpired(error) && this.#failures === 1) continue;
      }
      const delayMs = backOffDelay(this.#failures, { minDelayMs: 500, maxDelayMs: 15_000, random });
      await clock.sleep(delayMs, signal).catch(() => undefined);
    }
  }

  async #relist(signal: AbortSignal): Promise<string> {
    const { items, resourceVersion } = await this.#options.source.list(signal);
    const present = new Set(items.map((item) => keyText(keyOf(item))));
    for (const [key, object] of this.#objects) if (!present.has(key)) this.#remove(object);
    for (const item of items) this.#put(item);
    if (this.#hasSynced && !this.#isConnected) {
      this.#options.log.info("watching again", { resource: this.name });
    }
    this.#hasSynced = true;
    this.#isConnected = true;
    this.#synced.resolve(undefined);
    return resourceVersion;
  }

  /** Follows a watch to its end. Returns where the next one continues. */
  async #follow(from: string, signal: AbortSignal): Promise<string> {
    let resourceVersion = from;
    for await (const event of this.#options.source.watch(from, signal)) {
      this.#failures = 0;
      ({ resourceVersion } = event);
      if (event.type === "DELETED") this.#remove(event.object);
      else if (event.type !== "BOOKMARK") this.#put(event.object);
    }
    return resourceVersion;
  }

  #put(object: T): void {
    const key = keyText(keyOf(object));
    const before = this.#objects.get(key);
    if (before?.metadata.resourceVersion === object.metadata.resourceVersion) return;
    // Deleted and made anew under the same name while nobody told us.
    const isAnother = before !== undefined && before.metadata.uid !== object.metadata.uid;
    if (isAnother) this.#remove(before);
    this.#objects.set(key, object);
    this.#tell(
      before === undefined || isAnother ? { type: "added", object } : { type: "updated", object, before },
    );
  }

  #remove(object: T): void {
    if (this.#objects.delete(keyText(keyOf(object)))) this.#tell({ type: "deleted", object });
  }

  #tell(change: Change<T>): void {
    for (const handler of this.#handlers) this.#call(handler, change);
  }

  #call(handler: (change: Change<T>) => void, change: Change<T>): void {
    try {
      handler(change);
    } catch (error) {
      this.#options.log.error("a change was not taken in", {
        resource: this.name,
        object: keyText(keyOf(change.object)),
        error: describeError(error),
      });
    }
  }

  #logFailure(error: unknown): void {
    const { log } = this.#options;
    if (isExpired(error)) return log.debug("listing again: the watch is too old", { resource: this.name });
    log.warn("cannot watch, trying again", { resource: this.name, error: describeError(error) });
  }
}

function isExpired(error: unknown): boolean {
  return error instanceof StargateError && error.reason === "ApiExpired";
}
