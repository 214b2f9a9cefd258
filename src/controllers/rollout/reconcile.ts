import { after, done, type Next } from "../../controller-runtime/controller.ts";
import type { ObjectKey } from "../../controller-runtime/object-key.ts";
import { StargateError } from "../../lib/errors.ts";
import { act } from "./act.ts";
import type { Context } from "./context.ts";
import { decide, type Decision } from "./decide.ts";
import { end, ensureFinalizer } from "./end.ts";
import { observe } from "./observe.ts";
import { failedToBegin, type State } from "./state.ts";

/** The news that is waited for comes by itself; this only bounds the wait for news that never comes. */
const UNHEARD_MS = 5_000;
const AGAIN_MS = 1_000;

/** Looks at one Rollout: begins servers whose turn it is, and writes what is so. */
export async function reconcile(key: ObjectKey, ctx: Context, signal: AbortSignal): Promise<Next> {
  const rollout = ctx.rollouts.get(key);
  if (rollout === undefined) {
    ctx.reporter.forget(key);
    return done;
  }
  if (rollout.metadata.deletionTimestamp !== undefined) {
    await end(rollout, ctx, signal);
    return done;
  }
  if (ctx.unheard.isBehind(key)) return after(UNHEARD_MS);
  const decision = decide(observe(rollout, ctx));
  await ensureFinalizer(rollout, ctx, signal);
  const tell = (state: State): Promise<void> => ctx.reporter.report(rollout, state, signal);
  const isDone = await actOrTell(decision, ctx, tell, signal);
  await tell(decision.state);
  if (!isDone) return after(AGAIN_MS);
  return decision.delayMs === undefined ? done : after(decision.delayMs);
}

async function actOrTell(
  { work, state }: Decision,
  ctx: Context,
  tell: (state: State) => Promise<void>,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return work === undefined || (await act(work, ctx, signal));
  } catch (error) {
    // It is tried again, but whoever looks at the Rollout should not have to read our log to know why nothing happens.
    if (error instanceof StargateError && !error.retriable && !signal.aborted) {
      await tell(failedToBegin(state, error));
    }
    throw error;
  }
}
