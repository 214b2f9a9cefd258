import type { Operation } from "../../api/v1alpha1/operation.ts";
import type { Context } from "./context.ts";
import { CONNECT } from "./connect.ts";
import { uncordon } from "./cordon.ts";
import { fail, type Failure } from "./finish.ts";
import type { StatusWriter } from "./status-writer.ts";
import { serverAfterStop } from "./stop.ts";
import { stopOnHost } from "./stop-on-host.ts";
import { stopsBeforeChanges } from "./untouched.ts";

/**
 * Ends an Operation as failed: nothing of it goes on or is left on the host, and a node that was not changed is as it
 * was before.
 */
export async function giveUp(
  { operation, writer }: { operation: Operation; writer: StatusWriter },
  { reason, message: why }: Failure,
  ctx: Context,
  signal: AbortSignal,
): Promise<void> {
  const { uid, name, namespace } = operation.metadata;
  const { serverRef, provisioningProfileRef } = operation.spec;
  const server = ctx.caches.server({ namespace, name: serverRef.name });
  const profile = ctx.caches.profile({ namespace, name: provisioningProfileRef.name });
  const message = wasThere(writer)
    ? `${why.replace(/\.$/, "")}. All that was said there: bin/stargate logs ${name} -n ${namespace}.`
    : why;
  if (wasThere(writer)) await stopOnHost({ operationUid: uid, server, profile, graceMs: 0 }, ctx, signal);
  const isUntouched = stopsBeforeChanges(writer);
  if (isUntouched) await uncordon(ctx.client, serverRef.name, uid, signal);
  const isServersFault = reason !== "DrainTimeout" && reason !== "TimedOut";
  const result = serverAfterStop({ reason, message, isUntouched: isUntouched && !isServersFault, server });
  await fail(operation, writer, ctx, { reason, message, server: result });
}

/** Whether anything was done on the host: whatever does comes after logging in. One that let nobody in is not asked once more. */
function wasThere({ status: { steps = [] } }: StatusWriter): boolean {
  const connect = steps.findIndex(({ name }) => name === CONNECT.name);
  return steps.slice(connect + 1).some(({ startedAt }) => startedAt !== undefined);
}
