import type { ResourceGroup } from "@azure/arm-resources";
import { StargateError } from "../../../lib/errors.ts";
import { retry } from "../../../lib/retry.ts";
import type { Arm } from "../arm/arm.ts";
import type { AzureContext } from "../arm/ensure-resource.ts";
import { MANAGED_TAG } from "../tags.ts";
import type { Place } from "./place.ts";

export async function readResourceGroup(arm: Arm, name: string): Promise<ResourceGroup | undefined> {
  return arm.read(`Cannot read resource group ${name}`, () => arm.resources.resourceGroups.get(name));
}

/**
 * Makes the resource group where there is none. One that is there is used as it is, wherever it is: its location is
 * only that of its own record. One that is being deleted is waited for.
 */
export async function ensureResourceGroup(place: Place, { arm, world }: AzureContext): Promise<void> {
  const { resourceGroup, location } = place;
  const existing = await retry(() => readUnlessGoing(arm, resourceGroup), {
    timeoutMs: 15 * 60_000,
    minDelayMs: 2_000,
    maxDelayMs: 15_000,
    signal: world.signal,
    clock: world.clock,
  });
  if (existing !== undefined) return;
  await world.progress.step(`Create resource group ${resourceGroup}`, () =>
    arm.call(`Cannot create resource group ${resourceGroup}`, () =>
      arm.resources.resourceGroups.createOrUpdate(resourceGroup, {
        location,
        tags: { [MANAGED_TAG]: "true" },
      }),
    ),
  );
}

async function readUnlessGoing(arm: Arm, name: string): Promise<ResourceGroup | undefined> {
  const group = await readResourceGroup(arm, name);
  if (group?.properties?.provisioningState !== "Deleting") return group;
  throw new StargateError("AzureBusy", `Cannot use resource group ${name}: it is being deleted`, {
    retriable: true,
    remedy: "Run the command again in a few minutes, or choose another --resource-group.",
  });
}
