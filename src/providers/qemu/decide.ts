import type { RouterJoin } from "../provider.ts";
import type { RouterJoinState } from "./datacenter-state.ts";

/** How a VM stands. */
export interface VmFacts {
  isRunning: boolean;
  /** Its disk is there, and the image it was made on. */
  hasDisk: boolean;
}

/** What the tailnet knows of a router; "unknown" where it cannot be asked. */
export type DeviceState = Awaited<ReturnType<RouterJoin["findDevice"]>>;

export type WorkerAction = "make" | "start" | "leave";
/** "rejoin" gives the router a new key and restarts it: its disk is good, but its tailnet does not know it. */
export type RouterAction = WorkerAction | "rejoin";

/** Pure: what a worker needs. A running VM is never touched: it may be somebody's Node. */
export function decideWorker({ isRunning, hasDisk }: VmFacts): WorkerAction {
  if (isRunning) return "leave";
  return hasDisk ? "start" : "make";
}

/** Pure: what a router needs, given how it was told to join before and is to join now. */
export function decideRouter(
  facts: VmFacts,
  { before, now, device }: { before: RouterJoinState | undefined; now: JoinTerms; device: DeviceState },
): RouterAction {
  const action = decideWorker(facts);
  if (action === "make" || before === undefined) return "make";
  if (device === "online") return action;
  // The key of a run that was cut off is revoked by now. Nothing is lost in a router that never joined: its first boot
  // begins anew, whatever it was in the middle of.
  if (device === "absent") return before.keyInSeed ? "make" : "rejoin";
  if (!areSameTerms(before, now)) return "rejoin";
  return action;
}

/** How a router is to join: what decides whether an earlier seed will do. */
export interface JoinTerms {
  loginServer?: string | undefined;
  tags: readonly string[];
  loopbackPorts: readonly number[];
  isolated: boolean;
}

function areSameTerms(one: JoinTerms, other: JoinTerms): boolean {
  const text = ({ loginServer, tags, loopbackPorts, isolated }: JoinTerms): string =>
    JSON.stringify([loginServer ?? "", tags.toSorted(), loopbackPorts.map(String).toSorted(), isolated]);
  return text(one) === text(other);
}
