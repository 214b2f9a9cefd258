import { isRetriable, StargateError } from "../../lib/errors.ts";

/** Errors of a host that is still booting: looking again soon costs nothing. */
const NOT_YET = new Set(["ConnectionRefused", "HostUnreachable", "ConnectTimeout", "LoginRejected"]);

/**
 * How long to wait before the next attempt. Attempts are counted in the Operation's status, so a restart does not
 * begin again at the shortest wait.
 */
export function backOffMs(attempts: number, reason: string): number {
  const [first, longest] = NOT_YET.has(reason) ? [2_000, 15_000] : [5_000, 60_000];
  return Math.min(first * 2 ** Math.max(attempts - 1, 0), longest);
}

/**
 * True where the Operation may get further later. What the API server refuses us (a conflict, missing rights, an
 * expired login) says nothing about the server being repaved, so it never fails an Operation.
 */
export function mayTryAgain(error: unknown): boolean {
  return isRetriable(error) || (error instanceof StargateError && error.reason.startsWith("Api"));
}
