import { Operation, type StepStatus } from "../../api/v1alpha1/operation.ts";
import type { SuccessRecord } from "../../api/v1alpha1/server.ts";
import { describeError, StargateError } from "../../lib/errors.ts";
import * as resources from "../../kubernetes/resources.ts";
import { deleteToken } from "./bootstrap-token.ts";
import type { Context } from "./context.ts";
import { letServerGo, removeFinalizer, reportServer, type ServerResult } from "./hold.ts";
import type { Success } from "./run.ts";
import { RETRYING } from "./run-step.ts";
import type { StatusWriter } from "./status-writer.ts";

export interface Failure {
  reason: string;
  message: string;
}

/**
 * Ends an Operation. In this order, so that a crash between any two is made good at the next look: the Server says its
 * result; the Operation says its own (from here on nothing is run again); the token goes; the Server is let go; the
 * finalizer goes. Were the token first to go, a look after a crash would make another, and join once more with that.
 */
async function finish(
  operation: Operation,
  writer: StatusWriter,
  ctx: Context,
  ending: { phase: "Succeeded" | "Failed"; reason: string; message: string; server: ServerResult },
): Promise<void> {
  const { phase, reason, message } = ending;
  await reportServer(operation, ctx, ending.server);
  const isSuccess = phase === "Succeeded";
  const isRetrying = writer.condition(RETRYING)?.status === "True";
  await writer.update(
    {
      phase,
      reason,
      message,
      currentStep: undefined,
      finishedAt: writer.now,
      steps: writer.status.steps?.map((step) => settle(step, writer.now)),
    },
    ...(isRetrying ? [{ type: RETRYING, status: "False", reason: "Ended", message } as const] : []),
    { type: "Complete", status: isSuccess ? "True" : "False", reason, message },
    { type: "Failed", status: isSuccess ? "False" : "True", reason, message },
  );
  ctx.metrics.ended(phase, reason);
  ctx.log.info("operation ended", { operation: operation.metadata.name, phase, reason, message });
  await ctx.events.record(
    { ...operation, kind: "Operation" },
    isSuccess ? "Normal" : "Warning",
    reason,
    message,
  );
  await release(operation, ctx);
}

export async function succeed(
  operation: Operation,
  writer: StatusWriter,
  ctx: Context,
  { reason, message, server }: Success,
): Promise<void> {
  const success = recordOf(operation, writer);
  await finish(operation, writer, ctx, {
    phase: "Succeeded",
    reason,
    message,
    server: { ...server, ...(success === undefined ? {} : { success }) },
  });
}

/** What the Server remembers of it. */
function recordOf({ metadata, spec }: Operation, { status }: StatusWriter): SuccessRecord | undefined {
  const { startedAt, profile } = status;
  if (startedAt === undefined) return undefined;
  const isFromProfile = spec.operation === "repave" && profile !== undefined;
  return {
    operation: spec.operation,
    name: metadata.name,
    startedAt,
    ...(isFromProfile ? { profile } : {}),
  };
}

/** `server`: what it is then; left out, the failure is the server's. */
export async function fail(
  operation: Operation,
  writer: StatusWriter,
  ctx: Context,
  failure: Failure & { server?: ServerResult },
): Promise<void> {
  const { reason, message, server = { state: "error", reason, message } } = failure;
  await finish(operation, writer, ctx, { phase: "Failed", reason, message, server });
}

/** What a person reads of an error: the step, what happened, what to do. */
export function failureOf(error: unknown, step: string | undefined): Failure {
  const where = step === undefined ? "" : `${step}: `;
  const remedy = error instanceof StargateError && error.remedy !== undefined ? `. ${error.remedy}` : "";
  return {
    reason: error instanceof StargateError ? error.reason : "Unexpected",
    message: `${where}${describeError(error)}${remedy}`,
  };
}

/** Gives back everything an ended Operation still holds. May be repeated. */
export async function release(operation: Operation, ctx: Context): Promise<void> {
  await deleteToken(ctx.client, operation.metadata.uid);
  await letServerGo(operation, ctx);
  const { namespace, name, uid } = operation.metadata;
  const now = await ctx.client.getIfExists(resources.operations, { namespace, name }, Operation);
  if (now?.metadata.uid === uid) await removeFinalizer(ctx.client, now);
}

function settle(step: StepStatus, now: string): StepStatus {
  return step.state === "Running" ? { ...step, state: "Failed", finishedAt: now } : step;
}
