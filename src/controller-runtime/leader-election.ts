import { systemClock, type Clock } from "../lib/clock.ts";
import { describeError, StargateError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";

/** A Lease as the API server holds it. */
export interface LeaseRecord {
  resourceVersion: string;
  /** "" where it was given back. */
  holder: string;
  durationMs: number;
  acquiredAtMs: number;
  renewedAtMs: number;
  transitions: number;
}

export type LeaseContent = Omit<LeaseRecord, "resourceVersion">;

/** Where one Lease is kept. Writes throw ApiConflict or ApiAlreadyExists when somebody else was quicker. */
export interface LeaseStore {
  read(signal: AbortSignal): Promise<LeaseRecord | undefined>;
  create(content: LeaseContent, signal: AbortSignal): Promise<void>;
  update(content: LeaseContent, resourceVersion: string, signal: AbortSignal): Promise<void>;
}

export interface LeadOptions {
  store: LeaseStore;
  /** Differs between any two candidates, also between two starts of one program. */
  identity: string;
  log: Log;
  signal: AbortSignal;
  clock?: Clock;
  /** Others take over when the holder is silent for this long. */
  durationMs?: number;
  /** A leader that cannot renew for this long stops, well before others may take over. */
  renewDeadlineMs?: number;
  retryMs?: number;
  /** Called when leadership is gained (true), and when it ends (false). */
  onChange?: (isLeader: boolean) => void;
}

/** A holder silent for longer than its lease and this is gone, whatever the clocks say. */
const CLOCK_SKEW_MS = 60_000;
const RELEASE_TIMEOUT_MS = 3_000;

/**
 * Waits for the Lease, then runs `work` while renewing it, then gives it back. The signal given to `work` aborts with
 * `options.signal`, or when the Lease is lost.
 *
 * @throws StargateError LeaseLost, after `work` has ended, so that the program may end and start over
 */
export async function lead(
  options: LeadOptions,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { signal, log, onChange, identity } = options;
  const candidate = new Candidate(options);
  if (!(await candidate.acquire(signal))) return;

  log.info("leading", { identity });
  onChange?.(true);
  const lost = new AbortController();
  const finished = new AbortController();
  const renewing = candidate
    .renewUntil(AbortSignal.any([signal, finished.signal]))
    .catch((error: unknown) => lost.abort(error));
  try {
    await work(AbortSignal.any([signal, lost.signal]));
  } catch (error) {
    if (!lost.signal.aborted) throw error;
  } finally {
    finished.abort();
    await renewing;
    onChange?.(false);
    if (!lost.signal.aborted) await candidate.release();
  }
  if (lost.signal.aborted) throw lost.signal.reason;
}

class Candidate {
  readonly #options: Required<Omit<LeadOptions, "onChange" | "signal">>;
  /** The last state of somebody else's Lease, and when we first saw it: their clock is not ours. */
  #seen: { resourceVersion: string; atMs: number } | undefined;
  #waitingFor: string | undefined;

  constructor(options: LeadOptions) {
    this.#options = {
      clock: systemClock,
      durationMs: 15_000,
      renewDeadlineMs: 10_000,
      retryMs: 2_000,
      ...options,
    };
  }

  /** True once the Lease is ours, false when the signal aborts first. */
  async acquire(signal: AbortSignal): Promise<boolean> {
    const { clock, log, retryMs } = this.#options;
    while (!signal.aborted) {
      try {
        if (await this.#tryToTake(signal)) return true;
      } catch (error) {
        if (!isRace(error) && !isOver(signal)) {
          log.warn("cannot take the lease, trying again", { error: describeError(error) });
        }
      }
      await clock.sleep(retryMs, signal).catch(() => undefined);
    }
    return false;
  }

  /** Renews until the signal aborts. @throws LeaseLost */
  async renewUntil(signal: AbortSignal): Promise<void> {
    const { clock, log, retryMs, renewDeadlineMs } = this.#options;
    let renewedMs = clock.now();
    for (;;) {
      await clock.sleep(retryMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      try {
        const attempt = AbortSignal.any([signal, AbortSignal.timeout(renewDeadlineMs / 2)]);
        if (!(await this.#renew(attempt))) throw leaseLost("somebody else holds it");
        renewedMs = clock.now();
      } catch (error) {
        if (isOver(signal)) return;
        if (error instanceof StargateError && error.reason === "LeaseLost") throw error;
        if (clock.now() - renewedMs >= renewDeadlineMs) throw leaseLost(describeError(error));
        log.warn("cannot renew the lease, trying again", { error: describeError(error) });
      }
    }
  }

  /** Gives the Lease back, so that the next one need not wait. */
  async release(): Promise<void> {
    const signal = AbortSignal.timeout(RELEASE_TIMEOUT_MS);
    const { store, clock, identity, log } = this.#options;
    try {
      const current = await store.read(signal);
      if (current?.holder !== identity) return;
      const { resourceVersion, ...content } = current;
      await store.update(
        { ...content, holder: "", durationMs: 1_000, renewedAtMs: clock.now() },
        resourceVersion,
        signal,
      );
    } catch (error) {
      log.warn("the lease was not given back; the next leader waits for it to run out", {
        error: describeError(error),
      });
    }
  }

  async #tryToTake(signal: AbortSignal): Promise<boolean> {
    const { store, clock, identity, durationMs } = this.#options;
    const now = clock.now();
    const current = await store.read(signal);
    const content = { holder: identity, durationMs, acquiredAtMs: now, renewedAtMs: now };
    if (current === undefined) {
      await store.create({ ...content, transitions: 0 }, signal);
      return true;
    }
    if (current.holder !== identity && !this.#hasRunOut(current, now)) return false;
    const transitions = current.transitions + (current.holder === identity ? 0 : 1);
    await store.update({ ...content, transitions }, current.resourceVersion, signal);
    return true;
  }

  async #renew(signal: AbortSignal): Promise<boolean> {
    const { store, clock, identity } = this.#options;
    const current = await store.read(signal);
    if (current?.holder !== identity) return false;
    const { resourceVersion, ...content } = current;
    await store.update({ ...content, renewedAtMs: clock.now() }, resourceVersion, signal);
    return true;
  }

  #hasRunOut(lease: LeaseRecord, now: number): boolean {
    if (lease.holder === "" || now - lease.renewedAtMs > lease.durationMs + CLOCK_SKEW_MS) return true;
    if (this.#seen?.resourceVersion !== lease.resourceVersion) {
      this.#seen = { resourceVersion: lease.resourceVersion, atMs: now };
    }
    if (this.#waitingFor !== lease.holder) {
      this.#waitingFor = lease.holder;
      this.#options.log.info("waiting for the lease", { holder: lease.holder });
    }
    return now - this.#seen.atMs > lease.durationMs;
  }
}

function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

function isRace(error: unknown): boolean {
  return (
    error instanceof StargateError && (error.reason === "ApiConflict" || error.reason === "ApiAlreadyExists")
  );
}

function leaseLost(why: string): StargateError {
  return new StargateError("LeaseLost", `Cannot go on leading: the lease was lost (${why})`, {
    remedy: "Start the controller again; it waits for its turn.",
  });
}
