import type { Device } from "../../tailnet/tailnet.ts";
import type { NewCondition } from "../conditions.ts";
import { decidePrimary } from "./decide-primary.ts";
import type { Facts, Problem } from "./facts.ts";
import { findRouter, isTagged } from "./find-router.ts";
import { approvableSubnets } from "./overlaps.ts";
import { quoted, sentence } from "./words.ts";

/** A router of the datacenter that has a device in the tailnet. */
interface Router {
  name: string;
  device: Device;
}

export interface RouteDecision {
  conditions: NewCondition[];
  activeRouter: string | undefined;
  /** Names of the routers with a route to approve. */
  lost: string[];
}

/** Pure: what the tailnet's devices say of this datacenter's routers and their routes. */
export function decideRoutes(facts: Facts, devices: readonly Device[]): RouteDecision {
  const { subnets, routers } = facts.datacenter.spec;
  const present = routers.flatMap(({ name }) => {
    const device = findRouter(devices, name);
    return device === undefined ? [] : [{ name, device }];
  });
  const working = present.filter(({ name }) => !facts.silent.has(name)).map(({ device }) => device);
  const primary = decidePrimary(subnets, working, others(devices, present));
  const online = decideOnline(facts, present, primary.activeRouter);
  if (present.length === 0) {
    const unknown = ["RoutesAdvertised", "RoutesApproved"].map(notInTailnet);
    return { conditions: [online, ...unknown, primary.condition], activeRouter: undefined, lost: [] };
  }
  const { condition: approved, lost } = decideApproved(facts, present);
  const conditions = [online, decideAdvertised(subnets, present), approved, primary.condition];
  return { conditions, activeRouter: primary.activeRouter, lost };
}

/**
 * Pure: every route that is to be approved for this router's device, or undefined where none is missing. What
 * somebody else has approved stays; what is in no Datacenter's spec is never added.
 */
export function routesToApprove(device: Device, subnets: readonly string[]): string[] | undefined {
  const missing = subnets.filter(
    (subnet) => device.advertisedRoutes.includes(subnet) && !device.enabledRoutes.includes(subnet),
  );
  if (missing.length === 0 || !isTagged(device)) return undefined;
  return [...new Set([...device.enabledRoutes, ...missing])];
}

function others(devices: readonly Device[], routers: readonly Router[]): Device[] {
  const own = new Set(routers.map(({ device }) => device.id));
  return devices.filter(({ id }) => !own.has(id));
}

function decideOnline(
  { datacenter, silent }: Facts,
  present: readonly Router[],
  activeRouter: string | undefined,
): NewCondition {
  const type = "RouterOnline";
  const { routers } = datacenter.spec;
  const online = present.filter(({ name, device }) => device.online && !silent.has(name));
  const mute = present.filter(({ name, device }) => device.online && silent.has(name));
  const offline = present.filter(({ device }) => !device.online);
  const missing = routers.filter(({ name }) => !present.some((router) => router.name === name));
  if (online.length === routers.length) {
    return { type, status: "True", reason: "RouterOnline", message: `Online: ${quoted(online)}.` };
  }
  const remarks = [
    ...offline.map(({ name }) => `router "${name}" is offline`),
    ...mute.map(
      ({ name }) => `router "${name}" is online for the tailnet, but does not answer: ${silent.get(name)}`,
    ),
    ...missing.map(({ name }) => `router "${name}" is not in the tailnet`),
    ...(activeRouter === undefined ? [] : [`"${activeRouter}" carries the traffic`]),
  ];
  const why = mute.length > 0 ? "RouterSilent" : offline.length > 0 ? "RouterOffline" : "RouterNotInTailnet";
  const reason = online.length > 0 ? "RedundancyLost" : why;
  const remedy = "Look at its console; prep-dc-inventory starts what is stopped and makes what is missing.";
  return { type, status: "False", reason, message: `${sentence(...remarks)} ${remedy}` };
}

function decideAdvertised(subnets: readonly string[], present: readonly Router[]): NewCondition {
  const type = "RoutesAdvertised";
  const remarks = present.flatMap(({ name, device }) => {
    const missing = subnets.filter((subnet) => !device.advertisedRoutes.includes(subnet));
    return missing.length === 0 ? [] : [`router "${name}" does not advertise ${missing.join(", ")}`];
  });
  if (remarks.length === 0) {
    const message = `Advertised by ${quoted(present)}: ${subnets.join(", ")}.`;
    return { type, status: "True", reason: "RoutesAdvertised", message };
  }
  const remedy = `Run there: tailscale set --advertise-routes=${subnets.join(",")}`;
  return {
    type,
    status: "False",
    reason: "RoutesNotAdvertised",
    message: `${sentence(...remarks)} ${remedy}`,
  };
}

function decideApproved(
  facts: Facts,
  present: readonly Router[],
): { condition: NewCondition; lost: string[] } {
  const type = "RoutesApproved";
  const { subnets } = facts.datacenter.spec;
  const approvable = approvableSubnets(facts);
  const troubles = present.flatMap(({ name, device }) => {
    const missing = subnets.filter((subnet) => !device.enabledRoutes.includes(subnet));
    if (missing.length === 0) return [];
    const isLost = routesToApprove(device, approvable) !== undefined;
    const what = `${missing.join(", ")} of router "${name}" is not approved`;
    const why = isLost
      ? (facts.approvalProblems.get(name) ?? APPROVING)
      : whyNotApproved(device, missing, approvable);
    return [{ name, isLost, reason: why.reason, remark: `${what}: ${why.message}` }];
  });
  const lost = troubles.filter(({ isLost }) => isLost).map(({ name }) => name);
  const [first] = troubles;
  const condition: NewCondition =
    first === undefined
      ? { type, status: "True", reason: "RoutesApproved", message: approvedMessage(subnets, present) }
      : {
          type,
          status: "False",
          reason: first.reason,
          message: sentence(...troubles.map(({ remark }) => remark)),
        };
  return { condition, lost };
}

const APPROVING: Problem = { reason: "RoutesNotApproved", message: "it is being approved" };

function whyNotApproved(device: Device, missing: readonly string[], approvable: readonly string[]): Problem {
  if (!isTagged(device)) {
    const message =
      "its device does not carry our tag and may be anybody's. " +
      "Approve it yourself, or let prep-dc-inventory make the router anew";
    return { reason: "RouterNotTagged", message };
  }
  if (missing.some((subnet) => !approvable.includes(subnet))) {
    return { reason: "SubnetOverlaps", message: "somebody else has these addresses, see NoOverlap" };
  }
  return { reason: "RoutesNotAdvertised", message: "it is not advertised" };
}

function approvedMessage(subnets: readonly string[], present: readonly Router[]): string {
  const extra = present.flatMap(({ name, device }) =>
    device.enabledRoutes.filter((route) => !subnets.includes(route)).map((route) => `${route} of "${name}"`),
  );
  const also = extra.length === 0 ? "" : ` Also approved, but not in this spec: ${extra.join(", ")}.`;
  return `Approved for ${quoted(present)}: ${subnets.join(", ")}.${also}`;
}

function notInTailnet(type: string): NewCondition {
  const message = "Nothing is known of its routes: no router of it is in the tailnet.";
  return { type, status: "Unknown", reason: "RouterNotInTailnet", message };
}
