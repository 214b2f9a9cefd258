import type { VirtualMachine } from "@azure/arm-compute";
import { StargateError } from "../../../lib/errors.ts";
import { retry } from "../../../lib/retry.ts";
import type { Arm } from "../arm/arm.ts";
import { nameTaken, readSettled, type AzureContext } from "../arm/ensure-resource.ts";
import type { Place } from "../resources/place.ts";
import { decideVm } from "./decide-vm.ts";
import { renderVm, type VmSpec } from "./vm-spec.ts";

export function readVm(arm: Arm, resourceGroup: string, name: string): Promise<VirtualMachine | undefined> {
  return arm.read(`Cannot read VM ${name}`, () =>
    arm.compute.virtualMachines.get(resourceGroup, name, { expand: "instanceView" }),
  );
}

/**
 * Makes, repairs or starts a VM, and returns it as it then is. Its interfaces must be there; `ensureInterfaces` makes
 * them again where a VM that failed had to be deleted, which deletes them too.
 */
export async function ensureVm(
  place: Place,
  spec: VmSpec,
  ensureInterfaces: () => Promise<void>,
  ctx: AzureContext,
): Promise<VirtualMachine> {
  const { arm, world } = ctx;
  const title = `VM ${spec.name}`;
  const read = () =>
    readSettled({ title, read: () => readVm(arm, place.resourceGroup, spec.name) }, arm, world);
  await retry(
    async () => {
      const actual = await read();
      await bringAbout(place, spec, actual, ensureInterfaces, ctx);
    },
    // Another run of ours was quicker: look at what it made.
    {
      timeoutMs: 60_000,
      isRetriable: (error) => error instanceof StargateError && error.reason === "AzureChanged",
      signal: world.signal,
      clock: world.clock,
    },
  );
  const vm = await read();
  if (vm !== undefined && vm.provisioningState !== "Failed") return vm;
  throw new StargateError("AzureVmFailed", `Cannot use ${title}: Azure says that it failed`, {
    remedy: "Run the command again: it is then made anew. What is wrong is in the VM's activity log.",
  });
}

async function bringAbout(
  place: Place,
  spec: VmSpec,
  actual: VirtualMachine | undefined,
  ensureInterfaces: () => Promise<void>,
  { arm, world }: AzureContext,
): Promise<void> {
  const { resourceGroup } = place;
  const { virtualMachines } = arm.compute;
  const { progress } = world;
  const title = `VM ${spec.name}`;
  const { action, drift } = decideVm(place, spec, actual);
  if (drift.length > 0) {
    progress.say(
      `${title} has another ${drift.join(", ")} than asked for, and keeps it; delete it to have it made anew`,
    );
  }
  switch (action) {
    case "unchanged":
      return;
    case "refuse":
      throw nameTaken(title);
    case "start":
      await progress.step(`Start ${title}`, () =>
        arm.run(`Cannot start ${title}`, () => virtualMachines.start(resourceGroup, spec.name)),
      );
      return;
    case "reapply":
      await progress.step(`Repair ${title}`, () =>
        arm.run(`Cannot repair ${title}`, () => virtualMachines.reapply(resourceGroup, spec.name)),
      );
      return;
    case "retag":
      await tagVm(arm, resourceGroup, spec.name, { ...actual?.tags, ...spec.tags });
      return;
    case "remake":
    case "create":
      if (action === "remake") {
        await deleteVm(arm, resourceGroup, spec.name);
        await ensureInterfaces();
      }
      await progress.step(`Create ${title}`, () =>
        arm.run(`Cannot create ${title}`, () =>
          virtualMachines.createOrUpdate(resourceGroup, spec.name, renderVm(place, spec), {
            ifNoneMatch: "*", // never onto a VM that somebody made meanwhile
          }),
        ),
      );
  }
}

/** Replaces the tags of a VM. */
export async function tagVm(
  arm: Arm,
  resourceGroup: string,
  name: string,
  tags: Record<string, string>,
): Promise<void> {
  await arm.run(`Cannot tag VM ${name}`, () =>
    arm.compute.virtualMachines.update(resourceGroup, name, { tags }),
  );
}

/** Deletes a VM and, as it is made that way, its disk and interfaces. One that is gone is fine. */
export async function deleteVm(arm: Arm, resourceGroup: string, name: string): Promise<void> {
  await arm.run(`Cannot delete VM ${name}`, () => arm.compute.virtualMachines.delete(resourceGroup, name));
}
