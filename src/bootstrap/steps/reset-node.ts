import { runStepScript, type ScriptContext } from "../step-context.ts";

/** Removes what made the host a node before. */
export function resetNode(ctx: ScriptContext): Promise<"done" | "skipped"> {
  return runStepScript(ctx, "reset-node.sh", {});
}
