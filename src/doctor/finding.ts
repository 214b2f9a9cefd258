import { describeError, StargateError } from "../lib/errors.ts";

/** red: does not work, or will not. warning: works, but somebody should know. skipped: could not be looked at. */
export type State = "ok" | "warning" | "red" | "skipped";

/** One thing that was looked at. */
export interface Finding {
  check: string;
  state: State;
  /** What was found, for people. */
  found: string;
  /** What to do about it: with every finding that is red, and with most warnings. */
  remedy?: string;
}

/** Findings of one subject, for instance the tailnet. */
export interface Area {
  area: string;
  findings: Finding[];
}

export function ok(check: string, found: string): Finding {
  return { check, state: "ok", found };
}

export function warning(check: string, found: string, remedy: string): Finding {
  return { check, state: "warning", found, remedy };
}

export function red(check: string, found: string, remedy: string): Finding {
  return { check, state: "red", found, remedy };
}

export function skipped(check: string, found: string): Finding {
  return { check, state: "skipped", found };
}

/** The outcome of a read that may fail: what was read, or why nothing was. */
export type Attempt<T> = { value: T } | { error: unknown };

/** Reads, and keeps the failure as a fact. Only an abort of `signal` is thrown. */
export async function attempt<T>(read: () => Promise<T>, signal: AbortSignal): Promise<Attempt<T>> {
  try {
    return { value: await read() };
  } catch (error) {
    signal.throwIfAborted();
    return { error };
  }
}

/** A red finding for something that was thrown, with the remedy it brings. */
export function redFor(check: string, error: unknown, remedy: string): Finding {
  const own = error instanceof StargateError ? error.remedy : undefined;
  return red(check, describeError(error), own ?? remedy);
}
