import {
  rolloutConditions,
  type Rollout,
  type RolloutCounts,
  type RolloutPhase,
} from "../../api/v1alpha1/rollout.ts";
import type { NewCondition } from "../conditions.ts";
import { countServers } from "./count-servers.ts";
import type { Gate } from "./gates.ts";
import type { Survey } from "./survey.ts";

/** What is told of a Rollout. */
export interface State {
  phase: RolloutPhase;
  message: string;
  revision: string | undefined;
  counts: RolloutCounts;
  conditions: NewCondition[];
}

interface Told {
  phase: RolloutPhase;
  reason: string;
  message: string;
}

/** Pure: phase, message, counts and conditions. `counts` where the servers themselves could not be judged. */
export function stateOf(known: {
  rollout: Rollout;
  revision: string | undefined;
  surveys: readonly Survey[];
  gate: Gate;
  counts?: RolloutCounts;
}): State {
  const { rollout, revision, surveys, gate } = known;
  const counts = known.counts ?? countServers(surveys);
  const told = tell(surveys, counts, gate);
  const done = `${counts.updated} of ${counts.total} servers are done`;
  const also = [gate.kind === "none" ? "" : done, runs(surveys)].filter((text) => text !== "").join("; ");
  const message = [told.message, also].filter((text) => text !== "").join(". ");
  return {
    phase: told.phase,
    message,
    revision,
    counts,
    conditions: conditionsOf({ ...told, message }, counts, rollout.spec.paused),
  };
}

function tell(surveys: readonly Survey[], counts: RolloutCounts, { kind, reason, message }: Gate): Told {
  const isComplete = counts.total > 0 && counts.updated === counts.total;
  if (isComplete) return { phase: "Complete", reason: "AllDone", message: "" };
  switch (kind) {
    case "none":
      return { phase: "Pending", reason, message };
    case "paused":
      return { phase: "Paused", reason, message };
    case "waiting":
      return { phase: "Waiting", reason, message };
    case "stalled":
      return { phase: "Stalled", reason, message: [message, ...remedyFor(reason, surveys)].join(": ") };
    case "open":
      return counts.running > 0
        ? { phase: "Progressing", reason: "ServersRunning", message: "" }
        : blocked(surveys);
  }
}

/** Nothing runs and nothing is begun, though more may be: the servers themselves are in the way. */
function blocked(surveys: readonly Survey[]): Told {
  const others = surveys.filter(({ standing, isOthers }) => standing === "pending" && isOthers);
  const rest = surveys.filter(({ standing, isOthers }) => standing === "pending" && !isOthers);
  if (rest.length === 0) {
    const message = `Other Operations work on ${names(others)}, whose turn comes after that`;
    return { phase: "Progressing", reason: "ServersBusy", message };
  }
  const down = surveys.filter(({ capacity }) => capacity === "down");
  if (down.length === 0) return { phase: "Progressing", reason: "Beginning", message: "" };
  return {
    phase: "Stalled",
    reason: "TooManyUnavailable",
    message: `As many servers as spec.maxUnavailable allows are down already: ${names(down)}. Mend them, or raise it`,
  };
}

function remedyFor(reason: string, surveys: readonly Survey[]): string[] {
  const remedies: Readonly<Record<string, string>> = {
    CanaryFailed: "mend the profile, which begins anew",
    FailureThresholdReached: "raise spec.failureThreshold",
  };
  const failed = surveys.filter(({ standing }) => standing === "failed");
  if (failed.length === 0 || reason === "InvalidTimeZone") return [];
  const remedy = remedies[reason];
  const again = `${names(failed)}. Their Operations say why; delete those to have them tried again`;
  return [remedy === undefined ? again : `${again}, or ${remedy}`];
}

function runs(surveys: readonly Survey[]): string {
  const running = surveys.filter(({ standing }) => standing === "running");
  const [waiting] = running.flatMap(({ server, waitsFor }) =>
    waitsFor === undefined ? [] : [`; the Operation of ${server.metadata.name} waits (${waitsFor})`],
  );
  return running.length === 0 ? "" : `working on ${names(running)}${waiting ?? ""}`;
}

function conditionsOf(
  { phase, reason, message }: Told,
  counts: RolloutCounts,
  isPaused: boolean,
): NewCondition[] {
  const isRunning = counts.running > 0;
  const truths: Record<(typeof rolloutConditions)[number], [isSo: boolean, reason: string]> = {
    Progressing: [
      isRunning || phase === "Progressing",
      isRunning && phase !== "Progressing" ? "ServersRunning" : reason,
    ],
    Paused: [isPaused, isPaused ? "Paused" : "NotPaused"],
    Stalled: [phase === "Stalled", phase === "Stalled" ? reason : "NotStalled"],
    Complete: [phase === "Complete", reason],
  };
  return rolloutConditions.map((type) => {
    const [isSo, why] = truths[type];
    const isTold = isSo || type === "Progressing";
    return { type, status: isSo ? "True" : "False", reason: why, message: isTold ? message : "" };
  });
}

/** Some of them by name, the rest by number. */
function names(surveys: readonly Survey[]): string {
  const shown = surveys.slice(0, 3).map(({ server }) => server.metadata.name);
  const rest = surveys.length - shown.length;
  return rest === 0 ? shown.join(", ") : `${shown.join(", ")} and ${rest} more`;
}

/** Pure: the state when the API server refuses what was decided. */
export function failedToBegin(
  state: State,
  error: { reason: string; message: string; remedy?: string | undefined },
): State {
  const remedy = error.remedy === undefined ? "" : `. ${error.remedy}`;
  const told: Told = { phase: "Stalled", reason: error.reason, message: `${error.message}${remedy}` };
  const isPaused = state.conditions.some(({ type, status }) => type === "Paused" && status === "True");
  return { ...state, ...told, conditions: conditionsOf(told, state.counts, isPaused) };
}
