import { Gauge, type Registry } from "prom-client";
import type { Condition } from "../../api/v1alpha1/kind.ts";

interface Named {
  metadata: { namespace: string; name: string };
}

/** What is told of datacenters to whoever watches metrics: its conditions, for alerts. */
export interface DatacenterMetrics {
  show(datacenter: Named, conditions: readonly Condition[]): void;
  forget(datacenter: Named): void;
  /** Another controller looks after them now. */
  forgetAll(): void;
}

export function createDatacenterMetrics(registry: Registry, provider: string): DatacenterMetrics {
  const gauge = new Gauge({
    name: "stargate_datacenter_condition",
    help: "Conditions of datacenters: 1 is True, 0 is False; one that is not known is left out.",
    labelNames: ["provider", "namespace", "datacenter", "condition"] as const,
    registers: [registry],
  });
  const shown = new Map<string, Set<string>>();
  const labelsOf = ({ metadata: { namespace, name } }: Named, condition: string) => ({
    provider,
    namespace,
    datacenter: name,
    condition,
  });
  const keyOf = ({ metadata: { namespace, name } }: Named): string => `${namespace}/${name}`;
  return {
    show(datacenter, conditions) {
      shown.set(keyOf(datacenter), new Set(conditions.map(({ type }) => type)));
      for (const { type, status } of conditions) {
        const labels = labelsOf(datacenter, type);
        if (status === "Unknown") gauge.remove(labels);
        else gauge.set(labels, status === "True" ? 1 : 0);
      }
    },
    forget(datacenter) {
      for (const type of shown.get(keyOf(datacenter)) ?? []) gauge.remove(labelsOf(datacenter, type));
      shown.delete(keyOf(datacenter));
    },
    forgetAll() {
      gauge.reset();
      shown.clear();
    },
  };
}
