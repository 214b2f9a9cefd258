import type { Operation } from "../../api/v1alpha1/operation.ts";
import { withTimeout } from "../../lib/clock.ts";
import { describeError } from "../../lib/errors.ts";
import type { Context } from "./context.ts";
import { deleteToken } from "./bootstrap-token.ts";
import { release } from "./finish.ts";
import { reportServer } from "./hold.ts";
import { readCredentials } from "./observe.ts";

/** A deletion does not wait longer than this for a host that may be gone. */
const STOP_MS = 30_000;

/**
 * Ends an Operation that is deleted while it works: the token first, so that nothing can join any more, then what runs
 * on the host, then its hold on the Server.
 */
export async function abort(operation: Operation, ctx: Context, signal: AbortSignal): Promise<void> {
  const { name, uid } = operation.metadata;
  await deleteToken(ctx.client, uid, signal);
  if (operation.status.startedAt !== undefined) {
    await stopOnHost(operation, ctx, signal);
    const message = `The Operation "${name}" was deleted while it worked on this server: create another to make it a node`;
    await reportServer(operation, ctx, { state: "error", reason: "OperationDeleted", message });
    await ctx.events.record(
      { ...operation, kind: "Operation" },
      "Warning",
      "Aborted",
      "Deleted while it ran: stopped",
    );
    ctx.log.info("operation aborted", { operation: name });
  }
  await release(operation, ctx);
}

async function stopOnHost(operation: Operation, ctx: Context, signal: AbortSignal): Promise<void> {
  const { namespace, name, uid } = operation.metadata;
  const server = ctx.caches.server({ namespace, name: operation.spec.serverRef.name });
  const profile = ctx.caches.profile({ namespace, name: operation.spec.provisioningProfileRef.name });
  const { hostKey, ipv4 = "", sshPort: port = 22 } = server?.spec ?? {};
  if (server === undefined || profile === undefined || hostKey === undefined) return;
  const limit = withTimeout(STOP_MS, signal);
  try {
    const credentials = await readCredentials(ctx.client, profile, {
      adminUsername: ctx.adminUsername,
      signal: limit,
    });
    if (typeof credentials === "string") return;
    const address = { name: server.metadata.name, ipv4, port, hostKey, ...credentials };
    await using host = await ctx.connector.connect(address, { signal: limit });
    await ctx.bootstrap.stop(host, uid, limit);
  } catch (error) {
    signal.throwIfAborted();
    ctx.log.warn("cannot stop what runs on the server", { operation: name, error: describeError(error) });
  }
}
