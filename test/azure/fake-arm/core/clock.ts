import type { Clock } from "../../../../src/lib/clock.ts";

/** The fake's time. It differs from the client's, so that an operation of ten minutes takes none of the test's. */
export interface ArmClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Called once for each request. */
  tick(): void;
  /** A client was told to come back after this time: it will have passed when it does. */
  toldToWait(ms: number): void;
  /** How long a client must really wait for this time to pass: what Retry-After says. */
  toRealMs(ms: number): number;
}

const START = Date.parse("2026-01-01T00:00:00Z");

/**
 * Time that passes only with requests, with what clients are told to wait, and when a test says so: the same calls
 * always meet the same answers. As the client's own clock too, it lets the client's waits pass here.
 */
export class SteppedClock implements ArmClock, Clock {
  #now: number;
  readonly #stepMs: number;

  constructor({ stepMs = 1000, start = START }: { stepMs?: number; start?: number } = {}) {
    this.#stepMs = stepMs;
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  tick(): void {
    this.#now += this.#stepMs;
  }

  toldToWait(ms: number): void {
    this.#now += ms;
  }

  toRealMs(): number {
    return 0;
  }

  advance(ms: number): void {
    this.#now += ms;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#now += ms;
    await Promise.resolve();
  }
}

/** Real time, `factor` times as fast: for measuring what is done side by side, and (factor 1) for real guests. */
export class ScaledClock implements ArmClock {
  readonly #factor: number;
  readonly #start = performance.now();

  constructor(factor: number) {
    this.#factor = factor;
  }

  now(): number {
    return START + (performance.now() - this.#start) * this.#factor;
  }

  tick(): void {
    // Passes by itself.
  }

  toldToWait(): void {
    // Passes by itself.
  }

  toRealMs(ms: number): number {
    return ms / this.#factor;
  }
}

/** As Azure writes times in bodies. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "0000+00:00");
}
