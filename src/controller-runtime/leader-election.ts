import { systemClock, type Clock } from "../lib/clock.ts";
import { describeError, StargateError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { unlessAborted } from "../lib/unless-aborted.ts";

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

/** How long a Lease is good for, and how often it is renewed. */
export interface LeaseTimes {
  /** Others take over when the holder is silent for this long. */
  durationMs: number;
  /** A leader that cannot renew for this long stops, well before others may take over. */
  renewDeadlineMs: number;
  /** Between two looks, and between two renewals. */
  retryMs: number;
}

export const LEASE_TIMES: LeaseTimes = { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

export interface LeadOptions extends Partial<LeaseTimes> {
  store: LeaseStore;
  /** Differs between any two candidates, also between two starts of one program. */
  identity: string;
  log: Log;
  signal: AbortSignal;
  clock?: Clock;
  /** Called when leadership is gained (true), and when it ends (false). */
  onChange?: (isLeader: boolean) => void;
}

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
  /** When the request was begun that made or kept the Lease ours: others count from its arrival, which is later. */
  #heldSinceMs = 0;

  constructor(options: LeadOptions) {
    this.#options = {
      clock: systemClock,
      ...LEASE_TIMES,
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
    let failure = "nothing was done for too long";
    for (;;) {
      await clock.sleep(Math.min(retryMs, this.#leftMs()), signal).catch(() => undefined);
      if (signal.aborted) return;
      // Also after it was stopped or asleep: somebody else may lead by now, and asking who would take time.
      if (this.#leftMs() === 0) throw leaseLost(failure);
      try {
        const limitMs = Math.min(renewDeadlineMs / 2, this.#leftMs());
        const attempt = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
        if (!(await unlessAborted(this.#renew(attempt), attempt))) throw leaseLost("somebody else holds it");
      } catch (error) {
        if (isOver(signal)) return;
        if (error instanceof StargateError && error.reason === "LeaseLost") throw error;
        failure = describeError(error);
        log.warn("cannot renew the lease, trying again", { error: failure });
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
    this.#heldSinceMs = now;
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
    const { store, clock, identity, durationMs } = this.#options;
    const now = clock.now();
    const current = await store.read(signal);
    if (current?.holder !== identity) return false;
    const { resourceVersion, ...content } = current;
    await store.update({ ...content, durationMs, renewedAtMs: now }, resourceVersion, signal);
    this.#heldSinceMs = now;
    return true;
  }

  /** Until when the Lease may be counted on; 0 when that is over. */
  #leftMs(): number {
    const { clock, renewDeadlineMs } = this.#options;
    return Math.max(this.#heldSinceMs + renewDeadlineMs - clock.now(), 0);
  }

  #hasRunOut(lease: LeaseRecord, now: number): boolean {
    if (lease.holder === "") return true;
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
