import { API_VERSION, type Condition } from "../../api/v1alpha1/kind.ts";
import type { Datacenter, DatacenterStatus } from "../../api/v1alpha1/datacenter.ts";
import { timestamp, type Clock } from "../../lib/clock.ts";
import { StargateError } from "../../lib/errors.ts";
import { redact } from "../../lib/redact.ts";
import type { KubeClient } from "../../kubernetes/client.ts";
import { datacenters } from "../../kubernetes/resources.ts";
import { findCondition, withCondition } from "../conditions.ts";
import type { EventRecorder } from "../operation/events.ts";
import type { Decision } from "./decide.ts";
import type { DatacenterMetrics } from "./metrics.ts";

/** Owner of the part of the status that is ours. prep-dc-inventory owns the rest: what it verified, and when. */
export const FIELD_MANAGER = "stargate-datacenter";

/** Writes what was decided into a Datacenter's status, where that makes a difference, and tells of what changed. */
export class Reporter {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #events: EventRecorder;
  readonly #metrics: DatacenterMetrics;
  /** The conditions written last, by uid: the cache may be behind our own writes. */
  readonly #written = new Map<string, readonly Condition[]>();

  constructor(options: {
    client: KubeClient;
    clock: Clock;
    events: EventRecorder;
    metrics: DatacenterMetrics;
  }) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#events = options.events;
    this.#metrics = options.metrics;
  }

  async report(datacenter: Datacenter, decision: Decision, signal: AbortSignal): Promise<void> {
    const { name, namespace, uid } = datacenter.metadata;
    const before = this.#written.get(uid) ?? ours(datacenter.status.conditions ?? [], decision);
    const status = render(datacenter, before, decision, timestamp(this.#clock));
    this.#metrics.show(datacenter, status.conditions ?? []);
    if (JSON.stringify(status) === JSON.stringify(shown(datacenter.status, decision))) return;
    try {
      await this.#client.apply(
        datacenters,
        { namespace, name },
        // The uid keeps a late write from landing on a new object of the same name.
        { apiVersion: API_VERSION, kind: "Datacenter", metadata: { name, namespace, uid }, status },
        { subresource: "status", fieldManager: FIELD_MANAGER, force: true, signal },
      );
    } catch (error) {
      if (error instanceof StargateError && error.reason === "ApiNotFound") return; // deleted meanwhile
      throw error;
    }
    const after = status.conditions ?? [];
    this.#written.set(uid, after);
    for (const { type, reason, message } of transitions(before, after)) {
      await this.#events.record({ kind: "Datacenter", metadata: datacenter.metadata }, type, reason, message);
    }
  }

  forget(datacenter: Datacenter): void {
    this.#written.delete(datacenter.metadata.uid);
    this.#metrics.forget(datacenter);
  }
}

function render(
  { metadata: { generation } }: Datacenter,
  before: readonly Condition[],
  { conditions, activeRouter, servers }: Decision,
  now: string,
): DatacenterStatus {
  const list = conditions.flatMap((condition) => {
    const message = redact(condition.message).slice(0, 32_000);
    const same = before.filter(({ type }) => type === condition.type);
    return withCondition(same, { ...condition, message }, { now, generation });
  });
  return {
    observedGeneration: generation,
    ...(activeRouter === undefined ? {} : { activeRouter }),
    ...(servers === undefined ? {} : { servers }),
    conditions: list,
  };
}

/** Our part of the status as it is shown now, in the order and shape that we write it. */
function shown(status: DatacenterStatus, decision: Decision): DatacenterStatus {
  const { observedGeneration, activeRouter, servers, conditions = [] } = status;
  return {
    observedGeneration,
    ...(activeRouter === undefined ? {} : { activeRouter }),
    ...(servers === undefined ? {} : { servers: { count: servers.count, reachable: servers.reachable } }),
    conditions: ours(conditions, decision).map((condition) => ({
      type: condition.type,
      status: condition.status,
      observedGeneration: condition.observedGeneration,
      lastTransitionTime: condition.lastTransitionTime,
      reason: condition.reason,
      message: condition.message,
    })),
  };
}

function ours(conditions: readonly Condition[], decision: Decision): Condition[] {
  return decision.conditions.flatMap(({ type }) => findCondition(conditions, type) ?? []);
}

interface Transition {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

/** What became bad, and what is good again. What is not known any more is no news in itself. */
export function transitions(before: readonly Condition[], after: readonly Condition[]): Transition[] {
  return after.flatMap(({ type, status, reason, message }): Transition[] => {
    // Ready repeats what another condition says.
    const was = findCondition(before, type)?.status;
    if (type === "Ready" || was === status) return [];
    if (status === "False") return [{ type: "Warning", reason, message }];
    return status === "True" && was === "False" ? [{ type: "Normal", reason, message }] : [];
  });
}
