import { isFinished } from "../operation/facts.ts";
import * as resources from "../../kubernetes/resources.ts";
import type { Operation } from "../../api/v1alpha1/operation.ts";
import type { Rollout } from "../../api/v1alpha1/rollout.ts";
import type { Context } from "./context.ts";
import { ROLLOUT_FINALIZER } from "./facts.ts";
import { isOwn, isUntouched } from "./own-operations.ts";

/** What `kubectl delete --cascade=orphan` puts on an object: what it made is to stay. */
const ORPHAN = "orphan";

/**
 * Pure: what goes along with a Rollout: Operations of its own that ended, and those that have not begun. One that runs
 * comes to its end, with nobody's Rollout; half-way it would leave its server as nothing.
 */
export function goesAlong(operation: Operation, rollout: Rollout): boolean {
  if (!isOwn(operation, rollout) || rollout.metadata.finalizers.includes(ORPHAN)) return false;
  return isFinished(operation) || isUntouched(operation);
}

/** Ends a Rollout that is being deleted. May be repeated from any point. */
export async function end(rollout: Rollout, ctx: Context, signal: AbortSignal): Promise<void> {
  const { namespace, name } = rollout.metadata;
  if (!rollout.metadata.finalizers.includes(ROLLOUT_FINALIZER)) return;
  for (const operation of ctx.informers.operations.list({ namespace })) {
    if (!goesAlong(operation, rollout)) continue;
    const { uid, resourceVersion } = operation.metadata;
    // Refused where it has changed since it was heard of, perhaps because it has begun: then the next look decides.
    const only = isFinished(operation) ? { uid } : { uid, resourceVersion };
    const ref = { namespace, name: operation.metadata.name };
    await ctx.client.delete(resources.operations, ref, { ...only, signal });
  }
  await patchFinalizers(
    rollout,
    rollout.metadata.finalizers.filter((finalizer) => finalizer !== ROLLOUT_FINALIZER),
    ctx,
    signal,
  );
  ctx.log.info("rollout deleted", { rollout: name, namespace });
}

export async function ensureFinalizer(rollout: Rollout, ctx: Context, signal: AbortSignal): Promise<void> {
  const { finalizers } = rollout.metadata;
  if (finalizers.includes(ROLLOUT_FINALIZER)) return;
  await patchFinalizers(rollout, [...finalizers, ROLLOUT_FINALIZER], ctx, signal);
}

async function patchFinalizers(
  { metadata: { namespace, name, uid, resourceVersion } }: Rollout,
  finalizers: readonly string[],
  ctx: Context,
  signal: AbortSignal,
): Promise<void> {
  await ctx.client.mergePatch(
    resources.rollouts,
    { namespace, name },
    { metadata: { uid, resourceVersion, finalizers } },
    { signal },
  );
}
