import type { ProvisioningProfile } from "../../api/v1alpha1/provisioning-profile.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
import { withTimeout } from "../../lib/clock.ts";
import { describeError } from "../../lib/errors.ts";
import { retry } from "../../lib/retry.ts";
import { mayTryAgain } from "./back-off.ts";
import type { Context } from "./context.ts";
import { readCredentials } from "./observe.ts";

/** Stopping does not wait longer than this for a host that may be gone. */
const AWAY_MS = 30_000;
/** For one try to connect. */
const CONNECT_MS = 30_000;
/** More than the grace for what runs there, so that the host itself is the one to give up. */
const SPARE_MS = 30_000;

export interface Stop {
  operationUid: string;
  server: Server | undefined;
  /** How to log in. */
  profile: ProvisioningProfile | undefined;
  graceMs: number;
}

/**
 * Stops what runs of an Operation on its host, and says in words what came of it: a host that does not answer is an
 * answer too. Throws only where the signal aborts.
 */
export async function stopOnHost(stop: Stop, ctx: Context, signal: AbortSignal): Promise<string> {
  try {
    const stopped = await stopWhenReachable(stop, AWAY_MS, ctx, signal);
    if (typeof stopped === "string") return stopped;
    return stopped.length === 0 ? "nothing of it runs there any more" : `ended there: ${stopped.join(", ")}`;
  } catch (error) {
    signal.throwIfAborted();
    const server = stop.server?.metadata.name;
    ctx.log.warn("cannot stop what runs on the server", { server, error: describeError(error) });
    return "the server does not answer, so what ran there may still run";
  }
}

/**
 * Stops what runs of an Operation on its host, as soon as that answers and the connection holds.
 * @returns the steps that ran, or why there is nothing to connect to
 * @throws StargateError with the reasons of HostConnector and Host, when `timeoutMs` is over
 */
export async function stopWhenReachable(
  stop: Stop,
  timeoutMs: number,
  ctx: Context,
  signal: AbortSignal,
): Promise<readonly string[] | string> {
  return retry(() => tryToStop(stop, ctx, signal), {
    ...{ timeoutMs, minDelayMs: 500, maxDelayMs: 8_000, signal, clock: ctx.clock, isRetriable: mayTryAgain },
  });
}

async function tryToStop(
  { operationUid, server, profile, graceMs }: Stop,
  ctx: Context,
  signal: AbortSignal,
): Promise<readonly string[] | string> {
  const { hostKey, ipv4 = "", sshPort: port = 22 } = server?.spec ?? {};
  if (server === undefined || profile === undefined || hostKey === undefined)
    return "there is no way to the server";
  const { name } = server.metadata;
  const limit = withTimeout(CONNECT_MS, signal);
  const { adminUsername } = ctx;
  const credentials = await readCredentials(ctx.client, profile, { adminUsername, signal: limit });
  if (typeof credentials === "string") return "there is no login for the server";
  await using host = await ctx.connector.connect(
    { name, ipv4, port, hostKey, ...credentials },
    { signal: limit },
  );
  return await ctx.bootstrap.stop({ host, operationUid, graceMs }, withTimeout(graceMs + SPARE_MS, signal));
}
