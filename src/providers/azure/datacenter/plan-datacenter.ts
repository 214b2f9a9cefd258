import type { StargateError } from "../../../lib/errors.ts";
import type { PlanLine } from "../../provider.ts";
import {
  decideResource,
  nameTaken,
  type ArmObject,
  type AzureContext,
  type Resource,
} from "../arm/ensure-resource.ts";
import { readResourceGroup } from "../resources/resource-group.ts";
import { decideVm, type VmDecision } from "../vm/decide-vm.ts";
import { readVm } from "../vm/ensure-vm.ts";
import { HOST_KEY_TAG } from "../tags.ts";
import {
  networkOf,
  routerOf,
  subnetsOf,
  workerOf,
  type DatacenterSpec,
  type DatacenterVm,
} from "./datacenter-spec.ts";
import { findUplinkCidr, placeWorkers } from "./read-datacenter.ts";
import { findUnregistered } from "./register-providers.ts";

export interface DatacenterPlan {
  /** What would be done, in order. */
  lines: PlanLine[];
  /** What is in the way of it. */
  refusals: StargateError[];
  /** VMs that are to be made. */
  newVms: { name: string; size: string }[];
}

interface Part {
  lines: PlanLine[];
  refusals: StargateError[];
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

async function planResource<T extends ArmObject>(
  resource: Resource<T>,
  { arm }: AzureContext,
): Promise<Part> {
  const decision = decideResource(resource, await resource.read(arm));
  if (decision.action === "refuse") return { lines: [], refusals: [decision.error] };
  const details = decision.action === "update" ? ` (${decision.differences.join(", ")})` : "";
  return { lines: [{ action: decision.action, what: `${resource.title}${details}` }], refusals: [] };
}

const vmLines: Readonly<Record<Exclude<VmDecision["action"], "refuse">, PlanLine["action"]>> = {
  create: "create",
  remake: "create",
  reapply: "update",
  start: "start",
  retag: "update",
  unchanged: "unchanged",
};

async function planVm(
  { vm, interfaces, place }: DatacenterVm,
  ctx: AzureContext,
): Promise<Part & { isNew: boolean }> {
  const actual = await readVm(ctx.arm, place.resourceGroup, vm.name);
  const { action, drift } = decideVm(place, vm, actual);
  const parts = await Promise.all(interfaces.map((one) => planResource(one, ctx)));
  const refusals = parts.flatMap((part) => part.refusals);
  const title = `VM ${vm.name}`;
  if (action === "refuse") return { lines: [], refusals: [...refusals, nameTaken(title)], isNew: false };
  const isNew = action === "create" || action === "remake";
  const kept = drift.length === 0 ? "" : ` (keeps its ${drift.join(", ")})`;
  const isPinned = !isNew && actual?.tags?.[HOST_KEY_TAG] !== undefined;
  return {
    lines: [
      ...(action === "remake" ? [{ action: "delete" as const, what: `${title}, which failed` }] : []),
      ...parts.flatMap((part) => part.lines),
      { action: vmLines[action], what: `${title}${kept}` },
      ...(isPinned ? [] : [{ action: "update" as const, what: `host key of ${vm.name}, read and pinned` }]),
    ],
    refusals,
    isNew,
  };
}
