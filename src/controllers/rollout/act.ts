import type { Operation } from "../../api/v1alpha1/operation.ts";
import { REVISION_LABEL, ROLLOUT_LABEL } from "../../api/v1alpha1/rollout.ts";
import * as resources from "../../kubernetes/resources.ts";
import { StargateError } from "../../lib/errors.ts";
import type { Context } from "./context.ts";
import type { Decision } from "./decide.ts";
import { isOwn, renderOperation } from "./own-operations.ts";
import { operationName } from "./revision.ts";
import type { Survey } from "./survey.ts";
import type { Target } from "./target.ts";

/**
 * Does what was decided. May be repeated from any point: what is there already is left as it is.
 * @returns false where something had changed meanwhile, and it has to be decided again
 */
export async function act(
  { target, adopt, begin, withdraw }: NonNullable<Decision["work"]>,
  ctx: Context,
  signal: AbortSignal,
): Promise<boolean> {
  let isDone = true;
  for (const operation of withdraw) isDone = (await takeAway(operation, ctx, signal)) && isDone;
  const labels = { [ROLLOUT_LABEL]: target.rollout.metadata.name, [REVISION_LABEL]: target.revision };
  for (const operation of adopt) await label(operation, labels, ctx, signal);
  for (const survey of begin) {
    for (const operation of survey.superseded) await putAway(operation, target, ctx, signal);
    await beginServer(survey, target, ctx, signal);
  }
  return isDone;
}

/** Deletes an Operation that has not begun, unless it has by now. */
async function takeAway(
  { metadata: { namespace, name, uid, resourceVersion } }: Operation,
  ctx: Context,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const only = { uid, resourceVersion, signal };
    await ctx.client.delete(resources.operations, { namespace, name }, only);
    return true;
  } catch (error) {
    if (error instanceof StargateError && error.reason === "ApiConflict") return false;
    throw error;
  }
}

async function beginServer(
  { server }: Survey,
  target: Target,
  ctx: Context,
  signal: AbortSignal,
): Promise<void> {
  const { rollout, revision } = target;
  const { namespace } = rollout.metadata;
  const operation = { namespace, name: operationName(rollout, server.metadata.name, revision) };
  ctx.unheard.expect(rollout.metadata, operation);
  try {
    await ctx.client.create(resources.operations, namespace, renderOperation(target, server), signal);
    ctx.log.info("server begun", { rollout: rollout.metadata.name, operation: operation.name });
  } catch (error) {
    // Whose answer got lost may have been created: that is to be heard of like the others.
    const isRefused = error instanceof StargateError && !error.retriable && !isAlreadyThere(error);
    const isHeardOf = ctx.informers.operations.get(operation) !== undefined;
    if (isRefused || isHeardOf) ctx.unheard.withdraw(rollout.metadata, operation);
    if (!isAlreadyThere(error)) throw error;
  }
}

/** What an earlier revision left: its own record is deleted, somebody else's Operation is let go. */
async function putAway(
  operation: Operation,
  { rollout }: Target,
  ctx: Context,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name, uid } = operation.metadata;
  if (isOwn(operation, rollout))
    await ctx.client.delete(resources.operations, { namespace, name }, { uid, signal });
  else await label(operation, { [ROLLOUT_LABEL]: null, [REVISION_LABEL]: null }, ctx, signal);
}

async function label(
  { metadata: { namespace, name, uid } }: Operation,
  labels: Readonly<Record<string, string | null>>,
  ctx: Context,
  signal: AbortSignal,
): Promise<void> {
  try {
    await ctx.client.mergePatch(
      resources.operations,
      { namespace, name },
      { metadata: { uid, labels } },
      { signal },
    );
  } catch (error) {
    // Deleted, or made anew under its name: the informer tells, and then it is decided again.
    const isGone =
      error instanceof StargateError && (error.reason === "ApiNotFound" || error.reason === "ApiConflict");
    if (!isGone) throw error;
  }
}

function isAlreadyThere(error: unknown): boolean {
  return error instanceof StargateError && error.reason === "ApiAlreadyExists";
}
