import type { NetworkInterface } from "@azure/arm-network";
import type { StargateError } from "../../../lib/errors.ts";
import type { PlanLine } from "../../provider.ts";
import {
  decideResource,
  nameTaken,
  type ArmObject,
  type AzureContext,
  type Resource,
} from "../arm/ensure-resource.ts";
import type { Place } from "../resources/place.ts";
import { HOST_KEY_TAG } from "../tags.ts";
import { decideVm, type VmDecision } from "./decide-vm.ts";
import { readVm } from "./ensure-vm.ts";
import type { VmSpec } from "./vm-spec.ts";

/** What a plan says of one thing. */
export interface Part {
  lines: PlanLine[];
  refusals: StargateError[];
}

/** What ensureResource would do. */
export async function planResource<T extends ArmObject>(
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

/** What ensureVm would do, and before it ensureResource for its interfaces. */
export async function planVm(
  { vm, interfaces, place }: { place: Place; vm: VmSpec; interfaces: readonly Resource<NetworkInterface>[] },
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
