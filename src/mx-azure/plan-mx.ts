import type { StargateError } from "../lib/errors.ts";
import type { AzureContext } from "../providers/azure/arm/ensure-resource.ts";
import { planResource, planVm, type Part } from "../providers/azure/vm/plan-parts.ts";
import { findUnregistered } from "../providers/azure/arm/register-providers.ts";
import { readResourceGroup } from "../providers/azure/resources/resource-group.ts";
import type { PlanLine } from "../providers/provider.ts";
import { networkOf, vmOf, type MxSpec } from "./mx-spec.ts";

export interface MxPlan {
  lines: PlanLine[];
  refusals: StargateError[];
  isNew: boolean;
}

/** Looks at everything and decides as ensureMx will; changes nothing. */
export async function planMx(spec: MxSpec, ctx: AzureContext): Promise<MxPlan> {
  const { options } = spec;
  const unregistered = await findUnregistered(ctx.arm);
  const group = await readResourceGroup(ctx.arm, options.resourceGroup);
  const network = networkOf(spec);
  const { vm, interface: nic } = vmOf(spec);
  const parts: Part[] = await Promise.all([
    planResource(network.virtualNetwork, ctx),
    planResource(network.securityGroup, ctx),
    planResource(network.publicAddress, ctx),
    planResource(network.subnet, ctx),
  ]);
  const machine = await planVm({ place: options, vm, interfaces: [nic] }, ctx);
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
      ...[...parts, machine].flatMap(({ lines }) => lines),
    ],
    refusals: [...parts, machine].flatMap(({ refusals }) => refusals),
    isNew: machine.isNew,
  };
}
