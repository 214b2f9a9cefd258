import { runStepScript, scriptText, type StepContext } from "../step-context.ts";

/** Modules, kernel parameters and swap. */
export function configureKernel(ctx: StepContext): Promise<"done" | "skipped"> {
  const inputs = { MODULES: scriptText("modules.conf"), SYSCTLS: scriptText("sysctl.conf") };
  return runStepScript(ctx, "configure-kernel.sh", inputs);
}
