import type { DatacenterRequest, PlanLine } from "../provider.ts";
import { routerNamesOf } from "../routers.ts";
import { assignAddresses, placeRouters, subnetOf } from "../assign-addresses.ts";
import type { Datacenter, NetworkState } from "./datacenter-state.ts";
import { decideWorker, type VmFacts } from "./decide.ts";

const planAction = { make: "create", start: "start", leave: "unchanged" } as const;

/** Pure: what ensuring a datacenter would do, in its order. `facts` has an entry for each VM that is known. */
export function planDatacenter(
  request: DatacenterRequest,
  datacenter: Datacenter | undefined,
  facts: ReadonlyMap<string, VmFacts>,
  mode: NetworkState["mode"],
): PlanLine[] {
  const subnet = subnetOf(request.subnetCidr);
  const known = datacenter?.workers ?? [];
  const line = (name: string, what: string): PlanLine => {
    const fact = facts.get(name);
    return { action: fact === undefined ? "create" : planAction[decideWorker(fact)], what };
  };
  return [
    {
      action: datacenter === undefined ? "create" : "unchanged",
      what: `network ${subnet.cidr} (${datacenter?.network.mode ?? mode})`,
    },
    ...placeRouters(routerNamesOf(request), subnet).map(({ name, ipv4 }) =>
      line(name, `router ${name} at ${ipv4}`),
    ),
    ...assignAddresses(known, request.vmNames, subnet).map(({ name, ipv4 }) =>
      line(name, `worker ${name} at ${ipv4}`),
    ),
    ...known
      .filter(({ name }) => !request.vmNames.includes(name))
      .map(({ name, ipv4 }): PlanLine => ({
        action: "unchanged",
        what: `worker ${name} at ${ipv4}, which this request leaves out`,
      })),
  ];
}
