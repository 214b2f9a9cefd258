import type { Operation } from "../../api/v1alpha1/operation.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
import { withTimeout } from "../../lib/clock.ts";
import { describeError } from "../../lib/errors.ts";
import type { Context } from "./context.ts";
import { deleteToken } from "./bootstrap-token.ts";
import { uncordon } from "./cordon.ts";
import { fail, release } from "./finish.ts";
import { reportServer, type ServerResult } from "./hold.ts";
import { readCredentials } from "./observe.ts";
import { StatusWriter } from "./status-writer.ts";
import { stopsBeforeChanges } from "./untouched.ts";

/** Stopping does not wait longer than this for a host that may be gone. */
const CONNECT_MS = 30_000;
/** More than the grace for what runs there, so that the host itself is the one to give up. */
const SPARE_MS = 30_000;

/**
 * Ends an Operation half-way, because it was cancelled or deleted: the token first, so that nothing can join any more;
 * then what runs on the host comes to its end or is stopped; then the node may have pods again where nothing was
 * changed; then its hold on the Server goes.
 */
export async function stop(
  operation: Operation,
  because: "deleted" | "cancelled",
  ctx: Context,
  signal: AbortSignal,
): Promise<void> {
  const { name, namespace, uid } = operation.metadata;
  await deleteToken(ctx.client, uid, signal);
  if (operation.status.startedAt === undefined) return release(operation, ctx); // only a deletion comes so early
  const host = await stopOnHost(operation, ctx, { graceMs: ctx.limits.graceMs, signal });
  const isUntouched = stopsBeforeChanges(operation);
  if (isUntouched) await uncordon(ctx.client, operation.spec.serverRef.name, uid, signal);
  const where = operation.status.currentStep === undefined ? "" : ` at "${operation.status.currentStep}"`;
  const word = because === "deleted" ? "Deleted while it ran" : "Cancelled";
  const rest = isUntouched
    ? "nothing was changed on the server"
    : "the server is half-way: create another Operation";
  const message = `${word}: stopped${where}; ${host}; ${rest}`;
  const server = ctx.caches.server({ namespace, name: operation.spec.serverRef.name });
  const reason = because === "deleted" ? "OperationDeleted" : "Cancelled";
  const result = serverAfterStop({ reason, message, isUntouched, server });
  if (because === "cancelled") {
    await fail(operation, new StatusWriter(operation, ctx), ctx, { reason, message, server: result });
    return;
  }
  await reportServer(operation, ctx, result);
  await ctx.events.record({ ...operation, kind: "Operation" }, "Warning", "Aborted", message);
  ctx.log.info("operation stopped", { operation: name, message });
  await release(operation, ctx);
}

/** What a Server is when an Operation ended that had (or had not yet) begun to change it. */
export function serverAfterStop(options: {
  reason: string;
  message: string;
  isUntouched: boolean;
  server: Server | undefined;
}): ServerResult {
  const { reason, message, isUntouched, server } = options;
  if (!isUntouched) return { state: "error", reason, message };
  const isNode = server?.status.nodeRef !== undefined;
  return { state: isNode ? "ready" : "pending", reason: isNode ? "NodeReady" : reason, message };
}

/** Stops what runs of an Operation on its host, and says in words what came of it. Never throws but for the signal. */
export async function stopOnHost(
  operation: Operation,
  ctx: Context,
  { graceMs, signal }: { graceMs: number; signal: AbortSignal },
): Promise<string> {
  const { namespace, name, uid } = operation.metadata;
  const server = ctx.caches.server({ namespace, name: operation.spec.serverRef.name });
  const profile = ctx.caches.profile({ namespace, name: operation.spec.provisioningProfileRef.name });
  const { hostKey, ipv4 = "", sshPort: port = 22 } = server?.spec ?? {};
  if (server === undefined || profile === undefined || hostKey === undefined)
    return "there is no way to the server";
  try {
    const limit = withTimeout(CONNECT_MS, signal);
    const { adminUsername } = ctx;
    const credentials = await readCredentials(ctx.client, profile, { adminUsername, signal: limit });
    if (typeof credentials === "string") return "there is no login for the server";
    const address = { name: server.metadata.name, ipv4, port, hostKey, ...credentials };
    await using host = await ctx.connector.connect(address, { signal: limit });
    const stopped = await ctx.bootstrap.stop(
      { host, operationUid: uid, graceMs },
      withTimeout(graceMs + SPARE_MS, signal),
    );
    return stopped.length === 0 ? "nothing of it runs there any more" : `ended there: ${stopped.join(", ")}`;
  } catch (error) {
    signal.throwIfAborted();
    ctx.log.warn("cannot stop what runs on the server", { operation: name, error: describeError(error) });
    return "the server does not answer, so what ran there may still run";
  }
}
