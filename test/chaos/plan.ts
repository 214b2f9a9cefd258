import type { OperationType } from "../../src/api/v1alpha1/operation.ts";
import { randomOf, type Random } from "./random.ts";

/** What goes wrong. Times are milliseconds. */
export type Fault =
  | { kind: "kill-controller"; downMs: number }
  | { kind: "freeze-controller"; ms: number }
  | { kind: "cut-ssh" }
  /** Packets to and from the host vanish; afterwards TCP goes on, or finds its connections gone. */
  | { kind: "silent-router"; ms: number; thenCut: boolean }
  | { kind: "no-router"; ms: number }
  | { kind: "silent-api"; ms: number; thenCut: boolean }
  | { kind: "no-api"; ms: number }
  /** The real kube-apiserver is killed, and started again: every run that is under way feels it. */
  | { kind: "kill-api"; downMs: number }
  | { kind: "power-cut"; offMs: number }
  | { kind: "full-disk"; ms: number };

export type FaultKind = Fault["kind"];

/** When a step of an Operation begins or ends for the n-th time in a run, or some time after. */
export interface Moment {
  boundary: number;
  afterMs: number;
}

export interface PlannedOperation {
  operation: OperationType;
  /** Somebody changes their mind so many step boundaries after it was created. */
  change?: { kind: "cancel" | "delete"; boundaries: number; afterMs: number };
  /** Created together with the one after it, which has to wait for its turn. */
  isFollowedAtOnce: boolean;
}

/** One run: what is asked of one host, and what goes wrong meanwhile. */
export interface Plan {
  seed: number;
  controllers: 1 | 2;
  /** True: they take turns by a Lease, and what goes wrong with a controller goes wrong with the one that leads. */
  elects: boolean;
  /** How far each controller's and the kubelet's clocks are from the API server's. */
  skewMs: { controllers: readonly [number, number]; kubelet: number };
  operations: PlannedOperation[];
  faults: { at: Moment; fault: Fault }[];
  /** Kills the controller at every step boundary that has not been met before. */
  killsAtEveryBoundary: boolean;
}

/** Shorter than a controller's own, and long enough for a busy machine. */
export const LEASE_SECONDS = { duration: 6, renewDeadline: 4, retryPeriod: 1 };

/** A repave's steps begin and end about so often. */
const BOUNDARIES = 24;
const MINUTE = 60_000;

/**
 * Pure: the same plan for the same seed. Each twentieth kills the controller at every boundary, and nothing else; each
 * fifth has two controllers, of which one leads.
 */
export function planOf(seed: number): Plan {
  const random = randomOf(seed);
  if (seed % 20 === 0) return planOfEveryBoundary(seed, random);
  if (seed % 5 === 2) return planOfElection(seed, random);
  const operations = planOperations(random);
  const controllers = random.chance(0.25) ? 2 : 1;
  const count = random.between(2, 5);
  const faults: Plan["faults"] = Array.from({ length: count }, () => ({
    at: planMoment(random, BOUNDARIES * operations.length),
    fault: planFault(random),
  }));
  // It is everybody's API server: were it killed in each run, no run would see anything else.
  if (seed % 5 === 1) {
    const at = planMoment(random, BOUNDARIES * operations.length);
    faults.push({ at, fault: { kind: "kill-api", downMs: random.between(200, 6_000) } });
  }
  const [controller, kubelet] = random.chance(0.3) ? [planSkew(random), planSkew(random)] : [0, 0];
  const skewMs = { controllers: [controller, controller], kubelet } as const;
  return { seed, controllers, elects: false, skewMs, operations, faults, killsAtEveryBoundary: false };
}

/** The leader is lost again and again, mostly for longer than its Lease is good for; its clock is its own. */
function planOfElection(seed: number, random: Random): Plan {
  const operations = planOperations(random);
  const faults = Array.from({ length: random.between(2, 5) }, () => ({
    at: planMoment(random, BOUNDARIES * operations.length),
    fault: random.chance(0.75) ? planLeadersFault(random) : planFault(random),
  }));
  const isOff = random.chance(0.5);
  const [first, second] = isOff ? [planSkew(random), planSkew(random)] : [0, 0];
  const skewMs = { controllers: [first, second], kubelet: 0 } as const;
  return { seed, controllers: 2, elects: true, skewMs, operations, faults, killsAtEveryBoundary: false };
}

function planLeadersFault(random: Random): Fault {
  const kind = random.pick<"kill-controller" | "freeze-controller" | "no-api" | "silent-api">([
    ...(["kill-controller", "freeze-controller", "freeze-controller", "no-api", "silent-api"] as const),
  ]);
  const ms = random.between(LEASE_SECONDS.duration * 1_000, LEASE_SECONDS.duration * 2_500);
  switch (kind) {
    case "kill-controller":
      return { kind, downMs: random.chance(0.5) ? 0 : ms };
    case "freeze-controller":
    case "no-api":
      return { kind, ms };
    case "silent-api":
      return { kind, ms, thenCut: random.chance(0.5) };
  }
}

function planSkew(random: Random): number {
  return random.between(-10, 10) * MINUTE;
}

function planOfEveryBoundary(seed: number, random: Random): Plan {
  const kinds: OperationType[] = seed === 0 ? ["repave"] : ["repave", random.pick(["reboot", "deprovision"])];
  const operations = kinds.map((operation) => ({ operation, isFollowedAtOnce: false }));
  const skewMs = { controllers: [0, 0], kubelet: 0 } as const;
  return {
    ...{ seed, controllers: 1, elects: false, skewMs, operations },
    ...{ faults: [], killsAtEveryBoundary: true },
  };
}

function planOperations(random: Random): PlannedOperation[] {
  const count = random.pick([1, 1, 2, 2, 3]);
  return Array.from({ length: count }, (_, index) => ({
    operation: index === 0 ? "repave" : random.pick(["repave", "reboot", "deprovision"]),
    ...(random.chance(0.2) ? { change: planChange(random) } : {}),
    isFollowedAtOnce: random.chance(0.3),
  }));
}

function planChange(random: Random): NonNullable<PlannedOperation["change"]> {
  const kind = random.pick<"cancel" | "delete">(["cancel", "delete"]);
  return { kind, boundaries: random.between(0, BOUNDARIES), afterMs: random.between(0, 500) };
}

/** At the very boundary as often as some time after it. */
function planMoment(random: Random, boundaries: number): Moment {
  return {
    boundary: random.between(1, boundaries),
    afterMs: random.chance(0.5) ? 0 : random.between(1, 2_500),
  };
}

function planFault(random: Random): Fault {
  const ms = random.between(200, 6_000);
  const thenCut = random.chance(0.5);
  const kind = random.pick<Exclude<FaultKind, "kill-api">>([
    ...(["kill-controller", "kill-controller", "kill-controller", "kill-controller"] as const),
    ...(["cut-ssh", "cut-ssh", "silent-router", "no-router", "silent-api", "no-api"] as const),
    ...(["power-cut", "power-cut", "freeze-controller", "full-disk"] as const),
  ]);
  switch (kind) {
    case "kill-controller":
      return { kind, downMs: random.chance(0.5) ? 0 : ms };
    case "freeze-controller":
    case "no-router":
    case "no-api":
    case "full-disk":
      return { kind, ms };
    case "silent-router":
    case "silent-api":
      return { kind, ms, thenCut };
    case "power-cut":
      return { kind, offMs: ms };
    case "cut-ssh":
      return { kind };
  }
}
