import type { Operation } from "../../api/v1alpha1/operation.ts";
import { StargateError, UsageError } from "../../lib/errors.ts";

/** Pure: why there is nothing to show of this Operation or step; undefined where there may be something. */
export function whyNothing({ metadata, status }: Operation, step: string | undefined): string | undefined {
  const { phase = "Pending", message = "nobody has looked at it yet" } = status;
  if (status.startedAt === undefined)
    return `Operation "${metadata.name}" has not begun (${phase}: ${message})`;
  const known = status.steps?.find(({ name }) => name === step);
  if (known === undefined || known.startedAt !== undefined) return undefined;
  const hasEnded = status.finishedAt !== undefined;
  return hasEnded
    ? `Operation "${metadata.name}" ended before step "${known.name}" began (${phase}: ${message})`
    : `Step "${known.name}" of Operation "${metadata.name}" has not begun: it is at "${status.currentStep ?? phase}"`;
}

/**
 * The Operation has this step, or does not say yet which it has.
 * @throws UsageError
 */
export function checkStep({ metadata, status }: Operation, step: string | undefined): void {
  const steps = status.steps ?? [];
  if (step === undefined || steps.length === 0 || steps.some(({ name }) => name === step)) return;
  throw new UsageError(
    `Operation "${metadata.name}" has no step "${step}"`,
    `Its steps are ${steps.map(({ name }) => name).join(", ")}.`,
  );
}

/** @throws StargateError NotBegun */
export function checkBegun(operation: Operation, step: string | undefined): void {
  const why = whyNothing(operation, step);
  if (why === undefined) return;
  const canWait = operation.status.finishedAt === undefined;
  throw new StargateError("NotBegun", why, canWait ? { remedy: "Add -f to wait for it." } : {});
}
