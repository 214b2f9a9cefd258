import { runStepScript, type ScriptContext } from "../step-context.ts";

/** Removes what earlier Operations installed. */
export function cleanHost(ctx: ScriptContext): Promise<"done" | "skipped"> {
  return runStepScript(ctx, "clean-host.sh", {});
}
