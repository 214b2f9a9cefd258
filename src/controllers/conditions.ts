import type { Condition } from "../api/v1alpha1/kind.ts";

export interface NewCondition {
  type: string;
  status: Condition["status"];
  reason: string;
  message: string;
}

/**
 * The conditions with one of them set. lastTransitionTime moves only when the status does, as Kubernetes has it;
 * the order of the list stays, so that an unchanged state is an unchanged list.
 */
export function withCondition(
  conditions: readonly Condition[],
  { type, status, reason, message }: NewCondition,
  { now, generation }: { now: string; generation: number },
): Condition[] {
  const before = conditions.find((condition) => condition.type === type);
  const after: Condition = {
    type,
    status,
    observedGeneration: generation,
    lastTransitionTime: before?.status === status ? before.lastTransitionTime : now,
    reason,
    message,
  };
  return before === undefined
    ? [...conditions, after]
    : conditions.map((condition) => (condition.type === type ? after : condition));
}

export function findCondition(conditions: readonly Condition[], type: string): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}
