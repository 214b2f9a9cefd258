import type { Operation } from "../../api/v1alpha1/operation.ts";
import type { Context } from "./context.ts";
import { ACCEPTED, hasBegun, WAITING_FOR_TURN } from "./facts.ts";
import { StatusWriter } from "./status-writer.ts";
import type { Turn } from "./turns.ts";

/** Whoever is near the front sees its place change sooner. Its turn itself does not wait for a look. */
const [NEAR, NEAR_MS, FAR_MS] = [20, 15_000, 60_000];

/** Says in the Operation what it waits for, and its place in line. Returns when to say so again. */
export async function reportTurn(
  operation: Operation,
  { message, place }: Extract<Turn, { kind: "wait" }>,
  ctx: Context,
): Promise<number> {
  const reason = WAITING_FOR_TURN;
  const isNew = operation.status.reason !== reason;
  const writer = new StatusWriter(operation, ctx);
  // One that has begun was accepted, and only waits before it tries again.
  if (hasBegun(operation)) await writer.update({ reason, message });
  else {
    await writer.update(
      { phase: "Pending", reason, message },
      { type: ACCEPTED, status: "False", reason, message },
    );
    if (isNew) await ctx.events.record({ ...operation, kind: "Operation" }, "Normal", reason, message);
  }
  return place <= NEAR ? NEAR_MS : FAR_MS;
}
