export interface BackOff {
  /** The wait after the first failure; doubles with each one more. */
  minDelayMs: number;
  maxDelayMs: number;
  /** A number from 0 to 1. */
  random: () => number;
}

/** How long to wait after so many failures in a row: between half of the full wait and all of it. */
export function backOffDelay(failures: number, { minDelayMs, maxDelayMs, random }: BackOff): number {
  const full = Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(failures - 1, 30));
  return full / 2 + (full / 2) * random();
}
