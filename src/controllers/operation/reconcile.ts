import type { ProfileRecord } from "../../api/v1alpha1/operation.ts";
import type { ProvisioningProfile } from "../../api/v1alpha1/provisioning-profile.ts";
import { describeError, StargateError } from "../../lib/errors.ts";
import { describeDuration, parseDurationMs } from "../../lib/duration.ts";
import type { ObjectRef } from "../../kubernetes/client.ts";
import { backOffMs, mayTryAgain } from "./back-off.ts";
import type { Context } from "./context.ts";
import { deadlineMs, decide, type Decision, type Work } from "./decide.ts";
import { ACCEPTED, hasBegun, isBeingDeleted } from "./facts.ts";
import { fail, failureOf, release, succeed, type Failure } from "./finish.ts";
import { giveUp } from "./give-up.ts";
import { ensureFinalizer, takeServer } from "./hold.ts";
import { observe } from "./observe.ts";
import { plans } from "./plans.ts";
import type { Run } from "./run.ts";
import { RETRYING } from "./run-step.ts";
import { isSuperseded, StatusWriter } from "./status-writer.ts";
import { stop } from "./stop.ts";
import { reportTurn } from "./report-turn.ts";

/** Milliseconds after which to look again; undefined: when something changes. */
export type Next = number | undefined;

/** Another Operation was quicker at taking the Server: its own write wakes this one, or this does. */
const LOST_RACE_MS = 1_000;

/** Another controller works on the Operation. Should it die, its work is taken over at one of these looks. */
const SUPERSEDED_MS = 60_000;

/** Looks at one Operation and does what it asks for, to the end or to the next wait. */
export async function reconcile(ref: ObjectRef, ctx: Context, signal: AbortSignal): Promise<Next> {
  const known = ctx.caches.operation(ref);
  const place = ctx.turns.look(known);
  // In a long line, looking at everything each time would be most of what is asked of the API server.
  if (known !== undefined && place !== undefined) return reportTurn(known, place, ctx);
  const decision = decide(await observe(ref, ctx, signal));
  if (decision.kind === "ignore") return undefined;
  try {
    return await carryOut(decision, ctx, signal);
  } catch (error) {
    if (signal.aborted || !isSuperseded(error)) throw error;
    const { uid, name } = decision.operation.metadata;
    ctx.log.warn("operation is another controller's", { operation: name });
    ctx.running.rest(uid, ctx.clock.now() + SUPERSEDED_MS);
    return SUPERSEDED_MS;
  }
}

async function carryOut(
  decision: Exclude<Decision, { kind: "ignore" }>,
  ctx: Context,
  signal: AbortSignal,
): Promise<Next> {
  switch (decision.kind) {
    case "release":
      await release(decision.operation, ctx);
      return undefined;
    case "stop":
      await stop(decision.operation, decision.because, ctx, signal);
      return undefined;
    case "wait":
      await reportWaiting(decision, ctx);
      return decision.delayMs;
    case "fail":
      await refuse(decision, ctx, signal);
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
  await writer.update({ phase, reason, message }, { type: ACCEPTED, status: "False", reason, message });
  if (isNew) await ctx.events.record({ ...operation, kind: "Operation" }, "Normal", reason, message);
}

async function work(decision: Work, ctx: Context, signal: AbortSignal): Promise<Next> {
  const { operation } = decision;
  const { uid, namespace, name } = operation.metadata;
  const restMs = ctx.running.restMs(uid, ctx.clock.now());
  if (restMs > 0) return restMs;
  const turn = ctx.turns.enter(operation);
  if (turn.kind === "wait") return reportTurn(operation, turn, ctx);
  const toStop = ctx.running.begin(uid);
  ctx.metrics.inFlight(1);
  try {
    if (hasToStop(ctx, { namespace, name }, uid)) return 0;
    const kept = await ensureFinalizer(ctx.client, operation);
    if (!(await takeServer(decision, ctx))) return LOST_RACE_MS;
    const writer = new StatusWriter(kept, ctx);
    noteBegin(decision, writer, ctx);
    const nowMs = ctx.clock.now();
    const deadline = deadlineMs({ ...ctx, nowMs }, operation);
    const timeUp = AbortSignal.timeout(Math.max(deadline - nowMs, 0));
    const run: Run = {
      work: decision,
      ctx,
      writer,
      signal: AbortSignal.any([signal, toStop, timeUp]),
      deadline: new Date(deadline),
    };
    try {
      await succeed(operation, writer, ctx, await plans[operation.spec.operation](run));
      return undefined;
    } catch (error) {
      if (signal.aborted) throw error; // the program stops: the next one goes on here
      if (isSuperseded(error)) throw error;
      if (toStop.aborted) return 0; // the next look sees why
      if (!timeUp.aborted && mayTryAgain(error)) return await tryAgain(error, writer, ctx);
      const failure = timeUp.aborted ? timedOut(run) : failureOf(error, writer.status.currentStep);
      await giveUp({ operation, writer }, failure, ctx, signal);
      return undefined;
    }
  } finally {
    ctx.turns.leave(operation);
    ctx.running.end(uid);
    ctx.metrics.inFlight(-1);
  }
}

/** It may have begun before it came to this, and what it began may still run. */
async function refuse(
  { operation, reason, message }: Extract<Decision, { kind: "fail" }>,
  ctx: Context,
  signal: AbortSignal,
): Promise<void> {
  const writer = new StatusWriter(operation, ctx);
  if (hasBegun(operation)) await giveUp({ operation, writer }, { reason, message }, ctx, signal);
  else await fail(operation, writer, ctx, { reason, message });
}

/** Written with the beginning of its first step, before anything is done anywhere. */
function noteBegin({ operation, server, profile }: Work, writer: StatusWriter, ctx: Context): void {
  const isFirst = operation.status.startedAt === undefined;
  writer.note(
    {
      phase: "Running",
      reason: "InProgress",
      startedAt: operation.status.startedAt ?? writer.now,
      // The first state: should a later one be taken up half-way, the server may still have parts of this one.
      profile: operation.status.profile ?? stateOf(profile),
      attempts: (operation.status.attempts ?? 0) + 1,
      ...(isFirst ? { message: "begins" } : {}),
    },
    {
      type: ACCEPTED,
      status: "True",
      reason: "Accepted",
      message: `Server "${server.metadata.name}" is this Operation's`,
    },
    { type: "Complete", status: "Unknown", reason: "InProgress", message: "the steps say how far it is" },
  );
  if (isFirst) {
    const note = `Begins to ${operation.spec.operation} server ${server.metadata.name}`;
    // Nothing waits for it, and it never throws.
    void ctx.events.record({ ...operation, kind: "Operation" }, "Normal", "Started", note);
  }
}

function stateOf({ metadata: { name, uid, generation } }: ProvisioningProfile): ProfileRecord {
  return { name, uid, generation };
}

async function tryAgain(error: unknown, writer: StatusWriter, ctx: Context): Promise<Next> {
  const { reason, message } = failureOf(error, writer.status.currentStep);
  const step = writer.status.steps?.find(({ title }) => title === writer.status.currentStep);
  const attempts = step?.attempts ?? writer.status.attempts ?? 1;
  const delayMs = backOffMs(attempts, reason, ctx.random);
  ctx.running.rest(writer.uid, ctx.clock.now() + delayMs);
  const when = new Date(ctx.clock.now() + delayMs).toISOString().slice(11, 19);
  const text = `${message}; trying again at ${when} UTC (attempt ${attempts + 1})`;
  await writer.update({ reason, message: text }, { type: RETRYING, status: "True", reason, message: text });
  ctx.log.warn("operation is tried again", { reason, error: describeError(error), delayMs, attempts });
  return delayMs;
}

function timedOut({ work: { operation }, writer }: Run): Failure {
  const limit = `no end after ${describeDuration(parseDurationMs(operation.spec.timeout))}`;
  const running = writer.status.steps?.find((step) => step.title === writer.status.currentStep);
  const last = running?.message === undefined ? "" : `; it said last: ${running.message}`;
  return failureOf(
    new StargateError("TimedOut", `${limit}${last}`, {
      remedy: "Create a new Operation to try again, with a longer spec.timeout if it was only slow.",
    }),
    writer.status.currentStep,
  );
}

/** What was heard of since this look began: a deletion or a cancellation. */
function hasToStop(ctx: Context, ref: ObjectRef, uid: string): boolean {
  const now = ctx.caches.operation(ref);
  return now?.metadata.uid !== uid || isBeingDeleted(now) || now.spec.cancel;
}
