import type { ProvisioningProfile } from "../../api/v1alpha1/provisioning-profile.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
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
import type { Turns } from "./turns.ts";

/** A piece of a bootstrap that is shown and timed on its own. Safe to run again. */
export interface BootstrapStep extends StepOutline {
  run(control: { signal: AbortSignal; onLine: (line: string) => void }): Promise<"done" | "skipped">;
}

export interface StepOutline {
  readonly name: string;
  /** A sentence that a tired operator understands. */
  readonly title: string;
  /** True where it changes nothing that a running node would notice. */
  readonly isPreparation: boolean;
}

export interface BootstrapRequest {
  work: Work;
  host: Host;
  controlPlane: ControlPlane;
  token: string;
}

/** How a host becomes a worker and stops being one, and how that is stopped half-way. All of it over SSH only. */
export interface WorkerBootstrap {
  /** Every step, in order, known before a host answers: preparations first, and the last one joins the cluster. */
  outline(work: Work): readonly StepOutline[];
  steps(request: BootstrapRequest): readonly BootstrapStep[];
  /** The steps that leave nothing of a node on the host. */
  cleanOutline(): readonly StepOutline[];
  cleanSteps(request: Pick<BootstrapRequest, "work" | "host">): readonly BootstrapStep[];
  /** Asks for a restart, once a boot however often it is called. Returns before the host goes down. */
  reboot(request: { host: Host; operationUid: string; bootId: string }, signal: AbortSignal): Promise<void>;
  /**
   * Lets what an earlier run left going on the host come to its end, and stops it where that takes too long.
   * @returns names of the steps that were stopped
   */
  stop(
    request: { host: Host; operationUid: string; graceMs: number },
    signal: AbortSignal,
  ): Promise<string[]>;
}

/** A server that is to get a fresh disk. */
export interface ReimageRequest {
  server: Server;
  profile: ProvisioningProfile;
  /** The same for every try of one Operation: a server is reimaged once for each. */
  operationUid: string;
}

interface ReimageControl {
  onLine: (line: string) => void;
  signal: AbortSignal;
}

/** How a server gets a fresh disk, under the same name and address: its provider's work, seen from here. */
export interface ServerReimager {
  /** Makes sure that it can be done from here, and gets ready what takes long. Touches nothing of the server. */
  prepare(request: ReimageRequest, control: ReimageControl): Promise<void>;
  /**
   * Gives it the fresh disk and starts it. A call that was cut off is continued by the next, and one whose work is done
   * does nothing: there is never a second fresh disk for one Operation. `pin` is called, each time, as soon as the new
   * host key is known.
   */
  reimage(
    request: ReimageRequest,
    control: ReimageControl & { pin: (hostKey: string) => Promise<void> },
  ): Promise<void>;
}

export interface Limits {
  /** How long a login may be refused before that is final: cloud-init may still be making the user. */
  loginMs: number;
  /** How long a server may not answer before spec.force does without it. */
  unreachableMs: number;
  /** What runs on a host may take this long to come to an end when its Operation is cancelled or deleted. */
  graceMs: number;
}

export const DEFAULT_LIMITS: Limits = { loginMs: 3 * 60_000, unreachableMs: 60_000, graceMs: 2 * 60_000 };

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
  /** Left out where servers cannot be given a fresh disk. */
  reimager?: ServerReimager | undefined;
  caches: ObjectCaches;
  nodes: NodeWatch;
  controllerStartedMs: number;
  limits: Limits;
  /** Follows an Operation while it runs, so that its deletion can stop it. */
  running: RunningOperations;
  /** Whose turn it is, where more Operations want to be worked on than may. */
  turns: Turns;
  random: () => number;
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
    this.#stops.get(uid)?.abort(new DOMException("the Operation is to stop", "AbortError"));
  }
}
