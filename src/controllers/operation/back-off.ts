import { isRetriable, StargateError } from "../../lib/errors.ts";

/** Errors of a host that is still booting: looking again soon costs nothing. */
const BOOTING = new Set([
  "ConnectionRefused",
  "HostUnreachable",
  "ConnectTimeout",
  "LoginRejected",
  "HostRestarting",
]);
/** Errors of the way to the host. Neither kind says anything about a step. */
const ON_THE_WAY = new Set([...BOOTING, "ConnectionLost", "ProxyUnavailable"]);

/**
 * How long to wait before the next attempt. Attempts are counted in the Operation's status, so a restart does not
 * begin again at the shortest wait. A fifth of it is left to chance: what failed together need not return together.
 */
export function backOffMs(attempts: number, reason: string, random: () => number): number {
  const [first, longest] = BOOTING.has(reason) ? [2_000, 15_000] : [5_000, 60_000];
  const full = Math.min(first * 2 ** Math.max(attempts - 1, 0), longest);
  return Math.round(full * (0.8 + 0.2 * random()));
}

/** True where the server, or the way to it, does not answer as it should (yet). */
export function isConnectionReason(reason: string): boolean {
  return ON_THE_WAY.has(reason);
}

/**
 * True where the Operation may get further later. What the API server refuses us (a conflict, missing rights, an
 * expired login) says nothing about the server being repaved, so it never fails an Operation.
 */
export function mayTryAgain(error: unknown): boolean {
  return isRetriable(error) || isApiError(error);
}

/** True for a failure of the step itself, of which spec.retries allows so many. */
export function countsAsFailure(error: unknown): boolean {
  if (isApiError(error)) return false;
  return !(error instanceof StargateError) || !isConnectionReason(error.reason);
}

function isApiError(error: unknown): boolean {
  return (
    error instanceof StargateError &&
    error.reason.startsWith("Api") &&
    error.reason !== "ApiServerUnreachable"
  );
}
