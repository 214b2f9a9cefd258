import type { Operation } from "../../api/v1alpha1/operation.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
import type { Context } from "./context.ts";
import { deleteToken } from "./bootstrap-token.ts";
import { uncordon } from "./cordon.ts";
import { fail, release } from "./finish.ts";
import { reportServer, type ServerResult } from "./hold.ts";
import { StatusWriter } from "./status-writer.ts";
import { stopOnHost } from "./stop-on-host.ts";
import { stopsBeforeChanges } from "./untouched.ts";

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
  const server = ctx.caches.server({ namespace, name: operation.spec.serverRef.name });
  const profile = ctx.caches.profile({ namespace, name: operation.spec.provisioningProfileRef.name });
  const what = { operationUid: uid, server, profile, graceMs: ctx.limits.graceMs };
  const host = await stopOnHost(what, ctx, signal);
  const isUntouched = stopsBeforeChanges(operation);
  if (isUntouched) await uncordon(ctx.client, operation.spec.serverRef.name, uid, signal);
  const where = operation.status.currentStep === undefined ? "" : ` at "${operation.status.currentStep}"`;
  const word = because === "deleted" ? "Deleted while it ran" : "Cancelled";
  const rest = isUntouched
    ? "nothing was changed on the server"
    : "the server is half-way: create another Operation";
  const message = `${word}: stopped${where}; ${host}; ${rest}`;
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
