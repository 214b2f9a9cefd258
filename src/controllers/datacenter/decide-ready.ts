import type { Condition } from "../../api/v1alpha1/kind.ts";
import type { NewCondition } from "../conditions.ts";

/**
 * Pure: whether the datacenter can be worked in. A router that is down while another carries its traffic does not
 * count, and neither does a tailnet that cannot be asked while the servers answer.
 */
export function decideReady(
  conditions: readonly NewCondition[],
  api: Condition | undefined,
  serverCount: number,
): NewCondition {
  const type = "Ready";
  const all = [...conditions, ...(api === undefined ? [] : [api])];
  const find = (name: string): NewCondition | undefined => all.find((condition) => condition.type === name);
  for (const name of ["RoutePrimary", "WorkersReachable", "ApiReachableFromWorkers", "NoOverlap"]) {
    const found = find(name);
    if (found?.status === "False") {
      return { type, status: "False", reason: found.reason, message: `${name}: ${found.message}` };
    }
  }
  const decisive = serverCount === 0 ? find("RoutePrimary") : find("WorkersReachable");
  if (decisive?.status === "True") {
    return { type, status: "True", reason: "Ready", message: "The way in is open." };
  }
  const { reason, message } = decisive ?? { reason: "NotKnownYet", message: "Nothing is known yet." };
  return { type, status: "Unknown", reason, message };
}
