import type { RolloutCounts } from "../../api/v1alpha1/rollout.ts";
import { resolveAmount } from "./amount.ts";
import type { Facts } from "./facts.ts";
import { windowAt } from "./window.ts";

/** Whether more servers may be begun at all, and if not, why. */
export interface Gate {
  kind: "open" | "none" | "paused" | "waiting" | "stalled";
  reason: string;
  message: string;
  delayMs?: number | undefined;
}

const LONGEST_MS = 60 * 60_000;

/**
 * Pure: what keeps more servers from being begun, if anything does; what only a person can change comes first.
 * `unbegun`: Operations that were made and have not begun.
 */
export function findGate({ rollout, nowMs }: Facts, counts: RolloutCounts & { unbegun: number }): Gate {
  const { spec } = rollout;
  if (counts.total === 0) {
    const message = `No Server in namespace "${rollout.metadata.namespace}" has the labels that spec.selector asks for`;
    return { kind: "none", reason: "NoServers", message };
  }
  const isAllBegun = counts.pending === 0 && counts.unbegun === 0;
  const threshold = resolveAmount(spec.failureThreshold, counts.total, "up");
  if (counts.failed >= threshold || (isAllBegun && counts.running === 0 && counts.failed > 0)) {
    const reason = counts.failed >= threshold ? "FailureThresholdReached" : "ServersFailed";
    return { kind: "stalled", reason, message: `${counts.failed} of ${counts.total} servers failed` };
  }
  const canary = Math.min(spec.canary, counts.total);
  const isCanaryOver = counts.updated >= canary;
  if (!isCanaryOver && counts.failed > 0 && counts.updated + counts.running + counts.failed >= canary) {
    const message = `Of ${canary} servers that were to go ahead, ${counts.failed} failed`;
    return { kind: "stalled", reason: "CanaryFailed", message };
  }
  if (isAllBegun) return { kind: "open", reason: "AllBegun", message: "" };
  if (spec.paused) return { kind: "paused", reason: "Paused", message: "Paused by spec.paused" };
  const untilMs = spec.since === undefined ? 0 : Date.parse(spec.since) - nowMs;
  if (untilMs > 0) {
    const message = `Begins at ${spec.since}, as spec.since says`;
    return { kind: "waiting", reason: "NotYet", message, delayMs: Math.min(untilMs, LONGEST_MS) };
  }
  return windowGate({ rollout, nowMs });
}

function windowGate({ rollout, nowMs }: Pick<Facts, "rollout" | "nowMs">): Gate {
  const { window } = rollout.spec;
  if (window === undefined) return { kind: "open", reason: "Open", message: "" };
  const state = windowAt(window, nowMs);
  if (state === undefined) {
    const message = `Nobody knows the time zone "${window.timeZone}": write spec.window.timeZone as Europe/Berlin`;
    return { kind: "stalled", reason: "InvalidTimeZone", message };
  }
  const delayMs = state.changesInMs;
  if (state.isOpen) return { kind: "open", reason: "WindowOpen", message: "", delayMs };
  const message = `The window is closed: it opens at ${window.start} (${window.timeZone}) on ${window.days.join(", ")}`;
  return { kind: "waiting", reason: "WindowClosed", message, delayMs };
}
