import type { DatacenterCondition, DatacenterStatus } from "../../api/v1alpha1/datacenter.ts";
import { findCondition, type NewCondition } from "../conditions.ts";
import { decideReady } from "./decide-ready.ts";
import { decideRoutes, type RouteDecision } from "./decide-routes.ts";
import { decideServers } from "./decide-servers.ts";
import type { Facts } from "./facts.ts";
import { keep } from "./keep.ts";
import { decideNoOverlap, findOverlaps } from "./overlaps.ts";

export interface Decision {
  /** Every condition this controller writes, in order. */
  conditions: NewCondition[];
  activeRouter: string | undefined;
  servers: DatacenterStatus["servers"];
  /** Names of the routers with a route that has to be approved. */
  lost: string[];
}

const routeConditions = [
  "RouterOnline",
  "RoutesAdvertised",
  "RoutesApproved",
  "RoutePrimary",
] as const satisfies readonly DatacenterCondition[];

/** Pure: what these facts say of a datacenter, and what there is to do. Every branch is a row in decide.test.ts. */
export function decide(facts: Facts): Decision {
  const routes = decideByTailnet(facts);
  const workers = decideServers(facts);
  const overlap = decideNoOverlap(findOverlaps(facts));
  const conditions = [...routes.conditions, workers.condition, overlap];
  const api = findCondition(facts.datacenter.status.conditions ?? [], "ApiReachableFromWorkers");
  return {
    conditions: [...conditions, decideReady(conditions, api, facts.servers.length)],
    activeRouter: routes.activeRouter,
    servers: workers.servers,
    lost: routes.lost,
  };
}

function decideByTailnet(facts: Facts): RouteDecision {
  const { tailnet, datacenter } = facts;
  switch (tailnet.kind) {
    case "devices":
      return decideRoutes(facts, tailnet.devices);
    case "unknown": {
      const { reason, message } = tailnet;
      const conditions = routeConditions.map((type) => ({
        type,
        status: "Unknown" as const,
        reason,
        message,
      }));
      return { conditions, activeRouter: undefined, lost: [] };
    }
    case "pending":
      return {
        conditions: routeConditions.map((type) => keep(facts, type, "The tailnet is being asked.")),
        activeRouter: datacenter.status.activeRouter,
        lost: [],
      };
  }
}
