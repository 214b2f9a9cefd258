import { runStepScript, type StepContext } from "../step-context.ts";

/** Removes what made the host a node before. */
export function resetNode(ctx: StepContext): Promise<"done" | "skipped"> {
  return runStepScript(ctx, "reset-node.sh", {});
}
