import type { DatacenterStatus } from "../../api/v1alpha1/datacenter.ts";
import type { NewCondition } from "../conditions.ts";
import type { Facts } from "./facts.ts";
import { keep } from "./keep.ts";

/** So many servers are named in a message; a datacenter that is cut off has them all. */
const NAMED = 5;

/** Pure: whether the datacenter's servers answer. */
export function decideServers(facts: Facts): {
  condition: NewCondition;
  servers: DatacenterStatus["servers"];
} {
  const type = "WorkersReachable";
  const { servers, datacenter } = facts;
  const count = servers.length;
  if (count === 0) {
    const message = "No Server names a router of this datacenter yet: prep-dc-inventory writes them.";
    return {
      condition: { type, status: "Unknown", reason: "NoServers", message },
      servers: { count, reachable: 0 },
    };
  }
  if (servers.some(({ reach }) => reach.kind === "unknown")) {
    const reachable = datacenter.status.servers?.reachable ?? 0;
    return {
      condition: keep(facts, type, "The servers are being tried."),
      servers: { count, reachable: Math.min(reachable, count) },
    };
  }
  const silent = servers.flatMap(({ name, reach }) =>
    reach.kind === "unreachable" ? [`${name}: ${reach.problem}`] : [],
  );
  const reachable = count - silent.length;
  if (silent.length === 0) {
    const message = `The SSH daemon of every server answers (${count}).`;
    return {
      condition: { type, status: "True", reason: "AllReachable", message },
      servers: { count, reachable },
    };
  }
  const more = silent.length > NAMED ? `; and ${silent.length - NAMED} more` : "";
  return {
    condition: {
      type,
      status: "False",
      reason: reachable === 0 ? "NoneReachable" : "SomeUnreachable",
      message: `${reachable} of ${count} servers answer. ${silent.slice(0, NAMED).join("; ")}${more}`,
    },
    servers: { count, reachable },
  };
}
