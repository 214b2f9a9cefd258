import type { Operation } from "../../api/v1alpha1/operation.ts";
import { DRAIN } from "./node-steps.ts";

/**
 * Pure: whether the Operation ends before it has begun to change its server. What every kind of Operation does up to
 * the drain, a running node does not notice.
 */
export function stopsBeforeChanges({ status }: { status: Pick<Operation["status"], "steps"> }): boolean {
  const steps = status.steps ?? [];
  const drain = steps.findIndex(({ name }) => name === DRAIN.name);
  return drain < 0 || !steps.slice(drain + 1).some(({ startedAt }) => startedAt !== undefined);
}
