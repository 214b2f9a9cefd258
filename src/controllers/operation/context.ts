import type { ControlPlane } from "../../control-plane/control-plane.ts";
import type { KubeClient } from "../../kubernetes/client.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Host, HostConnector } from "../../remote/host.ts";
import type { EventRecorder } from "./events.ts";
import type { OperationMetrics } from "./metrics.ts";
import type { NodeWatch } from "./node-watch.ts";
import type { ObjectCaches } from "./observe.ts";
import type { Work } from "./decide.ts";

/** A piece of a bootstrap that is shown and timed on its own. Safe to run again. */
export interface BootstrapStep {
  readonly name: string;
  /** A sentence that a tired operator understands. */
  readonly title: string;
  run(control: { signal: AbortSignal; onLine: (line: string) => void }): Promise<"done" | "skipped">;
}

export interface BootstrapRequest {
  work: Work;
  host: Host;
  controlPlane: ControlPlane;
  token: string;
}

/** How a host becomes a worker, and how that is stopped half-way. */
export interface WorkerBootstrap {
  /** Names and titles of every step, in order, known before a host answers. The last one joins the cluster. */
  outline(work: Work): readonly { name: string; title: string }[];
  steps(request: BootstrapRequest): readonly BootstrapStep[];
  /** Stops what an earlier run left going on the host. */
  stop(host: Host, operationUid: string, signal: AbortSignal): Promise<void>;
}

export interface Limits {
  /** From the start of an Operation to its end. */
  operationMs: number;
  /** For the pods of the old node to leave. */
  drainMs: number;
  /** How long a login may be refused before that is final: cloud-init may still be making the user. */
  loginMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  operationMs: 30 * 60_000,
  drainMs: 5 * 60_000,
  loginMs: 3 * 60_000,
};

/** Everything the reconciler needs of the outside. */
export interface Context {
  providerId: string;
  client: KubeClient;
  clock: Clock;
  log: Log;
  events: EventRecorder;
  metrics: OperationMetrics;
  connector: HostConnector;
  controlPlane: ControlPlane;
  /** User to log in as where neither Secret nor profile names one. */
  adminUsername: string | undefined;
  bootstrap: WorkerBootstrap;
  caches: ObjectCaches;
  nodes: NodeWatch;
  controllerStartedMs: number;
  limits: Limits;
  /** Follows an Operation while it runs, so that its deletion can stop it. */
  running: RunningOperations;
}

/** What runs now in this program, so that an event can stop it. Nothing is lost if this is. */
export class RunningOperations {
  readonly #stops = new Map<string, AbortController>();
  readonly #rests = new Map<string, number>();

  /** A signal that aborts when stop() is called for this Operation. */
  begin(uid: string): AbortSignal {
    const own = new AbortController();
    this.#stops.set(uid, own);
    return own.signal;
  }

  end(uid: string): void {
    this.#stops.delete(uid);
  }

  /** No attempt before this time, whatever else wakes the Operation. */
  rest(uid: string, untilMs: number): void {
    this.#rests.set(uid, untilMs);
  }

  /** How long this Operation still has to rest. */
  restMs(uid: string, nowMs: number): number {
    const left = (this.#rests.get(uid) ?? 0) - nowMs;
    if (left <= 0) this.#rests.delete(uid);
    return Math.max(left, 0);
  }

  stop(uid: string): void {
    this.#stops.get(uid)?.abort(new DOMException("the Operation was deleted", "AbortError"));
  }
}
