import { Gauge, type Registry } from "prom-client";
import type { RolloutCounts } from "../../api/v1alpha1/rollout.ts";
import type { ObjectKey } from "../../controller-runtime/object-key.ts";
import type { NewCondition } from "../conditions.ts";

/** What is told of rollouts to whoever watches metrics. */
export interface RolloutMetrics {
  show(rollout: ObjectKey, counts: RolloutCounts, conditions: readonly NewCondition[]): void;
  forget(rollout: ObjectKey): void;
  /** Another controller looks after them now. */
  forgetAll(): void;
}

export function createRolloutMetrics(registry: Registry): RolloutMetrics {
  const registers = [registry];
  const servers = new Gauge({
    name: "stargate_rollout_servers",
    help: "Servers of rollouts, by how they stand; total and unavailable count the same servers again.",
    labelNames: ["namespace", "rollout", "standing"] as const,
    registers,
  });
  const condition = new Gauge({
    name: "stargate_rollout_condition",
    help: "Conditions of rollouts: 1 is True, 0 is False.",
    labelNames: ["namespace", "rollout", "condition"] as const,
    registers,
  });
  const shown = new Map<string, () => void>();
  const textOf = ({ namespace, name }: ObjectKey): string => `${namespace}/${name}`;
  return {
    show({ namespace, name }, counts, conditions) {
      const labels = { namespace, rollout: name };
      const standings = Object.entries(counts);
      for (const [standing, count] of standings) servers.set({ ...labels, standing }, count);
      for (const { type, status } of conditions)
        condition.set({ ...labels, condition: type }, status === "True" ? 1 : 0);
      shown.set(textOf({ namespace, name }), () => {
        for (const [standing] of standings) servers.remove({ ...labels, standing });
        for (const { type } of conditions) condition.remove({ ...labels, condition: type });
      });
    },
    forget(rollout) {
      shown.get(textOf(rollout))?.();
      shown.delete(textOf(rollout));
    },
    forgetAll() {
      servers.reset();
      condition.reset();
      shown.clear();
    },
  };
}
