import { StargateError } from "../../../lib/errors.ts";
import type { AzureContext } from "../arm/ensure-resource.ts";
import { hasTag, MANAGED_TAG } from "../tags.ts";
import { readResourceGroup } from "../resources/resource-group.ts";

/** Deletes a resource group that we made, once nothing is in it. Whatever else is in it keeps it. */
export async function deleteGroupIfEmpty(name: string, { arm, world }: AzureContext): Promise<void> {
  const group = await readResourceGroup(arm, name);
  if (group === undefined || !hasTag(group, MANAGED_TAG, "true")) return;
  const left = await arm.list("Cannot list what is in the resource group", () =>
    arm.resources.resources.listByResourceGroup(name),
  );
  if (left.length > 0) {
    const names = left.map((resource) => resource.name ?? "").join(", ");
    world.progress.say(`Resource group ${name} is kept: ${names} is in it`);
    return;
  }
  await world.progress.step(`Delete resource group ${name}`, async () => {
    try {
      await arm.run(`Cannot delete resource group ${name}`, () => arm.resources.resourceGroups.delete(name));
    } catch (error) {
      if (!(error instanceof StargateError) || error.reason !== "AzureNotFound") throw error;
    }
  });
}
