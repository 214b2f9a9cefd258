import { API_VERSION, type Condition } from "../../api/v1alpha1/kind.ts";
import type { Rollout, RolloutStatus } from "../../api/v1alpha1/rollout.ts";
import type { ObjectKey } from "../../controller-runtime/object-key.ts";
import type { KubeClient } from "../../kubernetes/client.ts";
import { rollouts } from "../../kubernetes/resources.ts";
import { timestamp, type Clock } from "../../lib/clock.ts";
import { StargateError } from "../../lib/errors.ts";
import { redact } from "../../lib/redact.ts";
import { findCondition, withCondition } from "../conditions.ts";
import type { EventRecorder } from "../operation/events.ts";
import type { RolloutMetrics } from "./metrics.ts";
import type { State } from "./state.ts";

/** Writes what was decided into a Rollout's status, where that makes a difference, and tells of what changed. */
export class Reporter {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #events: EventRecorder;
  readonly #metrics: RolloutMetrics;
  /** The status written last, and of which object: the cache may be behind our own writes. */
  readonly #written = new Map<string, { uid: string; status: RolloutStatus }>();

  constructor(options: { client: KubeClient; clock: Clock; events: EventRecorder; metrics: RolloutMetrics }) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#events = options.events;
    this.#metrics = options.metrics;
  }

  async report(rollout: Rollout, state: State, signal: AbortSignal): Promise<void> {
    const { name, namespace, uid } = rollout.metadata;
    const key = `${namespace}/${name}`;
    const written = this.#written.get(key);
    const before = written?.uid === uid ? written.status : rollout.status;
    const status = render(rollout, state, before.conditions ?? [], timestamp(this.#clock));
    this.#metrics.show(rollout.metadata, state.counts, state.conditions);
    if (written?.uid === uid && JSON.stringify(status) === JSON.stringify(written.status)) return;
    try {
      await this.#client.apply(
        rollouts,
        { namespace, name },
        // The uid keeps a late write from landing on a new object of the same name.
        { apiVersion: API_VERSION, kind: "Rollout", metadata: { name, namespace, uid }, status },
        { subresource: "status", force: true, signal },
      );
    } catch (error) {
      if (error instanceof StargateError && error.reason === "ApiNotFound") return; // deleted meanwhile
      throw error;
    }
    this.#written.set(key, { uid, status });
    for (const { type, reason, note } of newsOf(before, status)) {
      await this.#events.record({ kind: "Rollout", metadata: rollout.metadata }, type, reason, note);
    }
  }

  forget(rollout: ObjectKey): void {
    this.#written.delete(`${rollout.namespace}/${rollout.name}`);
    this.#metrics.forget(rollout);
  }
}

function render(
  { metadata: { generation } }: Rollout,
  { phase, message, revision, counts, conditions }: State,
  before: readonly Condition[],
  now: string,
): RolloutStatus {
  const short = (text: string): string => redact(text).slice(0, 32_000);
  return {
    observedGeneration: generation,
    phase,
    message: short(message),
    ...(revision === undefined ? {} : { revision }),
    counts,
    progress: `${counts.updated}/${counts.total}`,
    conditions: conditions.flatMap((condition) => {
      const same = before.filter(({ type }) => type === condition.type);
      return withCondition(same, { ...condition, message: short(condition.message) }, { now, generation });
    }),
  };
}

interface News {
  type: "Normal" | "Warning";
  reason: string;
  note: string;
}

/** Pure: what has become of it that somebody may want to know. Single servers have their own Operations' events. */
export function newsOf(before: RolloutStatus, after: RolloutStatus): News[] {
  const news: News[] = [];
  if (after.revision !== undefined && before.revision !== after.revision) {
    const note = `Revision ${after.revision}: ${after.counts?.total ?? 0} servers`;
    news.push({ type: "Normal", reason: "NewRevision", note });
  }
  for (const { type, status, reason, message } of after.conditions ?? []) {
    const was = findCondition(before.conditions ?? [], type);
    const isNew = status === "True" && (was?.status !== "True" || was.reason !== reason);
    if (type === "Progressing" || !isNew) continue;
    news.push({ type: type === "Stalled" ? "Warning" : "Normal", reason, note: message });
  }
  return news;
}
