import type { Operation } from "../api/v1alpha1/operation.ts";
import { REVISION_LABEL, ROLLOUT_LABEL, type Rollout } from "../api/v1alpha1/rollout.ts";
import { findCondition } from "../controllers/conditions.ts";
import { hasBegun, isFinished, WAITING_FOR_TURN } from "../controllers/operation/facts.ts";
import type { KubeClient } from "../kubernetes/client.ts";
import type { Lease } from "../kubernetes/schemas.ts";
import { ok, red, redFor, skipped, warning, type Attempt, type Finding } from "./finding.ts";
import { EVERYWHERE, holderOf, leaseIn, readLeases, type Holder } from "./leases.ts";

/** What a controller has not looked at for so long, or a server has not begun, does not go on by itself. */
const PATIENCE_MS = 10 * 60_000;
/** Whoever paused may come back the same day. */
const PAUSED_MS = 24 * 60 * 60_000;

export interface RolloutFacts {
  rollouts: readonly Rollout[];
  operations: readonly Operation[];
  /** Those of the controller of Rollouts that there are. */
  leases: Attempt<readonly Lease[]>;
}

/** The Leases under which somebody may look after these Rollouts. */
export async function readRolloutLeases(
  client: KubeClient,
  rollouts: readonly Rollout[],
  signal: AbortSignal,
): Promise<Attempt<readonly Lease[]>> {
  const namespaces = rollouts.map(({ metadata }) => metadata.namespace);
  return readLeases(client, { name: "stargate-rollouts", namespaces }, signal);
}

/** Pure. */
export function judgeRollouts(facts: RolloutFacts, nowMs: number): Finding[] {
  if (facts.rollouts.length === 0) return [skipped("rollouts", "there are none")];
  const bad = facts.rollouts.flatMap((rollout) => {
    const operations = facts.operations.filter((operation) => isOf(operation, rollout));
    return judgeRollout(rollout, operations, nowMs);
  });
  const all = [...judgeLeases(facts, nowMs), ...bad];
  return all.length > 0 ? all : [ok("rollouts", summary(facts.rollouts))];
}

/** Nothing is begun where nobody leads; what is done needs nobody. */
function judgeLeases({ rollouts, leases }: RolloutFacts, nowMs: number): Finding[] {
  const check = "controller";
  const open = rollouts.filter(isOpen);
  if (open.length === 0) return [];
  if ("error" in leases) return [redFor(check, leases.error, "Use a kubeconfig that may read Leases.")];
  const holderIn = (namespace: string): Holder => holderOf(leaseIn(namespace, leases.value), nowMs);
  const ofAll = holderIn(EVERYWHERE);
  const isLone = ({ metadata }: Rollout): boolean => holderIn(metadata.namespace).live === undefined;
  const lone = ofAll.live === undefined ? open.filter(isLone) : [];
  if (lone.length === 0) return [];
  return [
    red(
      check,
      `${ofAll.text}; ${lone.length} Rollouts wait for it: ${namesOf(lone)}`,
      "Start a controller, of whichever provider: make start-controllers. One with --namespace sees to that namespace only.",
    ),
  ];
}

function judgeRollout(rollout: Rollout, operations: readonly Operation[], nowMs: number): Finding[] {
  const { metadata, status } = rollout;
  const check = nameOf(rollout);
  if (metadata.deletionTimestamp !== undefined) {
    return isOlder(metadata.deletionTimestamp, PATIENCE_MS, nowMs)
      ? [red(check, `is being deleted since ${metadata.deletionTimestamp}`, lookAtLog)]
      : [];
  }
  if (status.observedGeneration !== metadata.generation) {
    // When the spec was changed is not written anywhere; a new one is given time.
    return isOlder(metadata.creationTimestamp, PATIENCE_MS, nowMs)
      ? [red(check, "no controller has looked at its spec as it is now", lookAtLog)]
      : [];
  }
  const message = status.message ?? "";
  switch (status.phase) {
    case "Stalled":
      return [judgeStalled(rollout, operations)];
    case "Paused": {
      const since = findCondition(status.conditions ?? [], "Paused")?.lastTransitionTime;
      return since !== undefined && isOlder(since, PAUSED_MS, nowMs)
        ? [warning(check, `paused since ${since}. ${message}`, unpause(rollout))]
        : [];
    }
    case "Pending":
      return [warning(check, message, "Give Servers those labels, or change spec.selector.")];
    case "Progressing":
      return [...judgeUnbegun(check, operations, nowMs), ...judgeUnavailable(rollout)];
    case "Waiting":
    case "Complete":
      return judgeUnavailable(rollout);
    case undefined:
      return [red(check, "says no phase", lookAtLog)];
  }
}

/** It stopped, and only a person gets it going again. */
function judgeStalled(rollout: Rollout, operations: readonly Operation[]): Finding {
  const { name, namespace } = rollout.metadata;
  const { message = "", conditions = [] } = rollout.status;
  const reason = findCondition(conditions, "Stalled")?.reason ?? "";
  const show = `bin/stargate rollout status ${name} -n ${namespace}`;
  const failed = operations.filter(
    ({ metadata, status }) =>
      status.phase === "Failed" && metadata.labels[REVISION_LABEL] === rollout.status.revision,
  );
  const [first] = failed;
  const why = first === undefined ? "" : `\n${first.spec.serverRef.name}: ${first.status.message ?? ""}`;
  const names = failed.slice(0, 3).map(({ metadata }) => metadata.name);
  const more = failed.length > names.length ? " …" : "";
  const again = `Mend what failed (${show}), then have it tried again: kubectl delete operation -n ${namespace} ${names.join(" ")}${more}`;
  const remedies: Readonly<Record<string, string>> = {
    FailureThresholdReached: `${again}. Or raise spec.failureThreshold.`,
    CanaryFailed: `${again}. Or mend the profile, which begins anew.`,
    ServersFailed: `${again}.`,
    TooManyUnavailable:
      "Bring those servers back: kubectl get nodes shows which are NotReady or cordoned. Or raise spec.maxUnavailable.",
    ProfileNotFound: "Create the ProvisioningProfile, or change spec.provisioningProfileRef.",
    InvalidTimeZone: "Write spec.window.timeZone as in Europe/Berlin.",
  };
  const remedy = remedies[reason] ?? `Look what is in the way: ${show}.`;
  return red(nameOf(rollout), `stalled (${reason}): ${message}${why}`, remedy);
}

/** Operations that were made and do not begin hold up the others, and no failure ends that. */
function judgeUnbegun(check: string, operations: readonly Operation[], nowMs: number): Finding[] {
  const open = operations.filter((operation) => !isFinished(operation));
  const stuck = open.filter(
    ({ metadata, status }) =>
      status.reason !== WAITING_FOR_TURN && isOlder(metadata.creationTimestamp, PATIENCE_MS, nowMs),
  );
  const [first] = stuck;
  if (first === undefined || open.some(hasBegun)) return [];
  const { reason = "no controller has looked at it", message = "" } = first.status;
  const name = `${first.metadata.namespace}/${first.metadata.name}`;
  return [
    red(
      check,
      `no server is begun: Operation ${name} waits since ${first.metadata.creationTimestamp} (${reason}) ${message}`.trim(),
      "Mend what it waits for; docs/operation-states.md tells of every reason.",
    ),
  ];
}

/** Servers that are down though nobody works on them use up what the Rollout may take away. */
function judgeUnavailable(rollout: Rollout): Finding[] {
  const { unavailable = 0, running = 0, total = 0 } = rollout.status.counts ?? {};
  const down = unavailable - running;
  if (down <= 0) return [];
  return [
    warning(
      nameOf(rollout),
      `${down} of ${total} servers are unavailable, and not because of it`,
      "Look at them: kubectl get nodes, and kubectl get servers. While they are down, fewer others are begun.",
    ),
  ];
}

const lookAtLog =
  "Look at the log of the controller that leads: make start-controllers starts one where none runs.";

function unpause({ metadata: { name, namespace } }: Rollout): string {
  const patch = `'{"spec":{"paused":false}}'`;
  return `To go on: kubectl patch rollout ${name} -n ${namespace} --type merge -p ${patch}. Else delete it.`;
}

/** Neither done nor paused: somebody has to look after it. */
function isOpen({ metadata, status }: Rollout): boolean {
  const isSeen =
    status.observedGeneration === metadata.generation && metadata.deletionTimestamp === undefined;
  return !isSeen || (status.phase !== "Complete" && status.phase !== "Paused");
}

function isOf({ metadata }: Operation, rollout: Rollout): boolean {
  return (
    metadata.namespace === rollout.metadata.namespace &&
    metadata.labels[ROLLOUT_LABEL] === rollout.metadata.name
  );
}

function isOlder(time: string, ageMs: number, nowMs: number): boolean {
  return nowMs - Date.parse(time) > ageMs;
}

function nameOf({ metadata }: Rollout): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function namesOf(rollouts: readonly Rollout[]): string {
  const shown = rollouts.slice(0, 3).map(nameOf).join(", ");
  return rollouts.length > 3 ? `${shown} and ${rollouts.length - 3} more` : shown;
}

function summary(rollouts: readonly Rollout[]): string {
  const phases = Map.groupBy(rollouts, ({ status }) => status.phase ?? "Pending");
  const counts = [...phases].map(([phase, members]) => `${members.length} ${phase}`);
  return counts.join(", ");
}
