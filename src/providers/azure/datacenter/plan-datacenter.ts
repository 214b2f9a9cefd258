import type { StargateError } from "../../../lib/errors.ts";
import type { PlanLine } from "../../provider.ts";
import type { AzureContext } from "../arm/ensure-resource.ts";
import { readResourceGroup } from "../resources/resource-group.ts";
import { networkOf, routerOf, subnetsOf, workerOf, type DatacenterSpec } from "./datacenter-spec.ts";
import { planResource, planVm } from "../vm/plan-parts.ts";
import { findUplinkCidr, placeWorkers } from "./read-datacenter.ts";
import { findUnregistered } from "../arm/register-providers.ts";

export interface DatacenterPlan {
  /** What would be done, in order. */
  lines: PlanLine[];
  /** What is in the way of it. */
  refusals: StargateError[];
  /** VMs that are to be made. */
  newVms: { name: string; size: string }[];
}

/** Looks at everything and decides as ensureDatacenter will; changes nothing. */
export async function planDatacenter(spec: DatacenterSpec, ctx: AzureContext): Promise<DatacenterPlan> {
  const { arm } = ctx;
  const { options } = spec;
  const unregistered = await findUnregistered(arm);
  const group = await readResourceGroup(arm, options.resourceGroup);
  const { virtualNetwork, securityGroup, routeTable, publicAddress } = networkOf(spec);
  const subnets = subnetsOf(spec, await findUplinkCidr(spec, ctx));
  const places = await placeWorkers(spec, ctx);
  const vms = [routerOf(spec), ...places.map((place) => workerOf(spec, place))];
  const network = await Promise.all([
    planResource(virtualNetwork, ctx),
    planResource(securityGroup, ctx),
    planResource(routeTable, ctx),
    planResource(publicAddress, ctx),
    planResource(subnets.uplink, ctx),
    planResource(subnets.workers, ctx),
  ]);
  const machines = await Promise.all(vms.map((vm) => planVm(vm, ctx)));
  const parts = [...network, ...machines];
  return {
    lines: [
      ...unregistered.map((namespace): PlanLine => ({
        action: "create",
        what: `registration of ${namespace}`,
      })),
      {
        action: group === undefined ? "create" : "unchanged",
        what: `resource group ${options.resourceGroup}`,
      },
      ...parts.flatMap(({ lines }) => lines),
    ],
    refusals: parts.flatMap(({ refusals }) => refusals),
    newVms: vms
      .filter((_, index) => machines[index]?.isNew === true)
      .map(({ vm: { name, size } }) => ({ name, size })),
  };
}
