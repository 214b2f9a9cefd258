import { describeError, StargateError } from "../../lib/errors.ts";
import type { ObjectRef } from "../../kubernetes/client.ts";
import { abort } from "./abort.ts";
import { backOffMs, mayTryAgain } from "./back-off.ts";
import type { Context } from "./context.ts";
import { deadlineMs, decide, type Decision, type Work } from "./decide.ts";
import { isBeingDeleted } from "./facts.ts";
import { fail, failureOf, release, succeed } from "./finish.ts";
import { ensureFinalizer, takeServer } from "./hold.ts";
import { observe } from "./observe.ts";
import { repave, type Run } from "./repave.ts";
import { StatusWriter } from "./status-writer.ts";

/** Milliseconds after which to look again; undefined: when something changes. */
export type Next = number | undefined;

/** Another Operation was quicker at taking the Server: its own write wakes this one, or this does. */
const LOST_RACE_MS = 1_000;

/** Looks at one Operation and does what it asks for, to the end or to the next wait. */
export async function reconcile(ref: ObjectRef, ctx: Context, signal: AbortSignal): Promise<Next> {
  const decision = decide(await observe(ref, ctx, signal));
  switch (decision.kind) {
    case "ignore":
      return undefined;
    case "release":
      await (decision.aborted ? abort(decision.operation, ctx, signal) : release(decision.operation, ctx));
      return undefined;
    case "wait":
      await reportWaiting(decision, ctx);
      return decision.delayMs;
    case "fail":
      await fail(decision.operation, new StatusWriter(decision.operation, ctx), ctx, decision);
      return undefined;
    case "work":
      return work(decision, ctx, signal);
  }
}

async function reportWaiting(
  { operation, reason, message }: Extract<Decision, { kind: "wait" }>,
  ctx: Context,
): Promise<void> {
  const isNew = operation.status.reason !== reason;
  const writer = new StatusWriter(operation, ctx);
  const phase = operation.status.phase === "Running" ? "Running" : "Pending";
  await writer.update({ phase, reason, message }, { type: "Accepted", status: "False", reason, message });
  if (isNew) await ctx.events.record({ ...operation, kind: "Operation" }, "Normal", reason, message);
}

async function work(decision: Work, ctx: Context, signal: AbortSignal): Promise<Next> {
  const { operation } = decision;
  const { uid, namespace, name } = operation.metadata;
  const restMs = ctx.running.restMs(uid, ctx.clock.now());
  if (restMs > 0) return restMs;
  const deleted = ctx.running.begin(uid);
  ctx.metrics.inFlight(1);
  try {
    if (isDeleted(ctx, { namespace, name }, uid)) return 0;
    await ensureFinalizer(ctx.client, operation);
    if (!(await takeServer(decision, ctx))) return LOST_RACE_MS;
    const writer = new StatusWriter(operation, ctx);
    const attempts = (operation.status.attempts ?? 0) + 1;
    await reportBegin(decision, writer, attempts, ctx);
    const leftMs =
      deadlineMs({ ...ctx, nowMs: ctx.clock.now(), timeLimitMs: ctx.limits.operationMs }, operation) -
      ctx.clock.now();
    const timeUp = AbortSignal.timeout(Math.max(leftMs, 0));
    const run: Run = {
      work: decision,
      ctx,
      writer,
      signal: AbortSignal.any([signal, deleted, timeUp]),
      tokenExpiresAt: new Date(ctx.clock.now() + leftMs),
    };
    try {
      await succeed(decision, writer, ctx, await repave(run));
      return undefined;
    } catch (error) {
      if (signal.aborted) throw error; // the program stops: the next one goes on here
      if (deleted.aborted) return 0; // the next look sees the deletion
      if (timeUp.aborted) await fail(operation, writer, ctx, timedOut(writer, ctx));
      else if (mayTryAgain(error)) return await tryAgain(error, writer, ctx);
      else await fail(operation, writer, ctx, failureOf(error, writer.status.currentStep));
      return undefined;
    }
  } finally {
    ctx.running.end(uid);
    ctx.metrics.inFlight(-1);
  }
}

async function reportBegin(
  { operation, server }: Work,
  writer: StatusWriter,
  attempts: number,
  ctx: Context,
): Promise<void> {
  const isFirst = operation.status.startedAt === undefined;
  await writer.update(
    {
      phase: "Running",
      reason: "InProgress",
      startedAt: operation.status.startedAt ?? writer.now,
      attempts,
      ...(isFirst ? { message: "begins" } : {}),
    },
    {
      type: "Accepted",
      status: "True",
      reason: "Accepted",
      message: `Server "${server.metadata.name}" is this Operation's`,
    },
    { type: "Complete", status: "Unknown", reason: "InProgress", message: "the steps say how far it is" },
  );
  if (isFirst) {
    const note = `Begins to make server ${server.metadata.name} a new node`;
    await ctx.events.record({ ...operation, kind: "Operation" }, "Normal", "Started", note);
  }
}

async function tryAgain(error: unknown, writer: StatusWriter, ctx: Context): Promise<Next> {
  const { reason, message } = failureOf(error, writer.status.currentStep);
  const step = writer.status.steps?.find(({ title }) => title === writer.status.currentStep);
  const attempts = step?.attempts ?? writer.status.attempts ?? 1;
  const delayMs = backOffMs(attempts, reason);
  ctx.running.rest(writer.uid, ctx.clock.now() + delayMs);
  const when = new Date(ctx.clock.now() + delayMs).toISOString().slice(11, 19);
  await writer.update({
    reason,
    message: `${message}; trying again at ${when} UTC (attempt ${attempts + 1})`,
  });
  ctx.log.warn("operation is tried again", { reason, error: describeError(error), delayMs, attempts });
  return delayMs;
}

function timedOut(writer: StatusWriter, ctx: Context): { reason: string; message: string } {
  const limit = `no end after ${Math.round(ctx.limits.operationMs / 60_000)} minutes`;
  const running = writer.status.steps?.find((step) => step.title === writer.status.currentStep);
  const last = running?.message === undefined ? "" : `; it said last: ${running.message}`;
  return failureOf(
    new StargateError("TimedOut", `${limit}${last}`, { remedy: "Create a new Operation to try again." }),
    writer.status.currentStep,
  );
}

function isDeleted(ctx: Context, ref: ObjectRef, uid: string): boolean {
  const now = ctx.caches.operation(ref);
  return now?.metadata.uid !== uid || isBeingDeleted(now);
}
