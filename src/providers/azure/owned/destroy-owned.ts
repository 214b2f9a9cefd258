import { StargateError } from "../../../lib/errors.ts";
import type { Arm, Poller } from "../arm/arm.ts";
import type { AzureContext } from "../arm/ensure-resource.ts";
import type { ResourceScope } from "../arm/resource-id.ts";
import { deleteGroupIfEmpty } from "./delete-group.ts";
import { hasTag, MANAGED_TAG } from "../tags.ts";
import { deleteVm } from "../vm/ensure-vm.ts";
import { findOwned, type OwnedResources, type Owner } from "./find-owned.ts";
import { settleAll } from "../arm/settle-all.ts";

/**
 * Deletes everything that carries the owner's tag, what is used after what uses it; the virtual networks and the
 * resource group too where we made them and nothing is left in them. May be cut off anywhere and repeated.
 * @throws StargateError AzureNotGone with what is still there
 */
export async function destroyOwned(scope: ResourceScope, owner: Owner, ctx: AzureContext): Promise<void> {
  const { arm, world } = ctx;
  const { progress } = world;
  const group = scope.resourceGroup;
  const { compute, network } = arm;
  const owned = await findOwned(scope, owner, arm);
  const remove = (what: string, start: () => Poller<void>): Promise<void> =>
    progress.step(`Delete ${what}`, () => deleteOne(arm, what, start));

  await settleAll(
    owned.vms.map((name) => progress.step(`Delete VM ${name}`, () => deleteVm(arm, group, name))),
  );
  // Most went with their VM.
  const left = await findOwned(scope, owner, arm);
  await settleAll([
    ...left.interfaces.map((name) =>
      remove(`network interface ${name}`, () => network.networkInterfaces.delete(group, name)),
    ),
    ...[...new Set([...owned.disks, ...left.disks])].map((name) =>
      remove(`disk ${name}`, () => compute.disks.delete(group, name)),
    ),
  ]);
  await settleAll([
    ...left.publicAddresses.map((name) =>
      remove(`public address ${name}`, () => network.publicIPAddresses.delete(group, name)),
    ),
    ...left.subnets.map(({ virtualNetwork, name }) =>
      ctx.locks.hold(virtualNetwork, () =>
        remove(`subnet ${name}`, () => network.subnets.delete(group, virtualNetwork, name)),
      ),
    ),
  ]);
  await settleAll([
    ...left.routeTables.map((name) =>
      remove(`route table ${name}`, () => network.routeTables.delete(group, name)),
    ),
    ...left.securityGroups.map((name) =>
      remove(`security group ${name}`, () => network.networkSecurityGroups.delete(group, name)),
    ),
  ]);
  await deleteEmptyNetworks(group, remove, arm);
  await progress.step("Look that nothing is left", async () =>
    requireGone(await findOwned(scope, owner, arm)),
  );
  await deleteGroupIfEmpty(group, ctx);
}

async function deleteOne(arm: Arm, what: string, start: () => Poller<void>): Promise<void> {
  try {
    await arm.run(`Cannot delete ${what}`, start);
  } catch (error) {
    // Its resource group is gone, or somebody was quicker.
    if (!(error instanceof StargateError) || error.reason !== "AzureNotFound") throw error;
  }
}

async function deleteEmptyNetworks(
  group: string,
  remove: (what: string, start: () => Poller<void>) => Promise<void>,
  arm: Arm,
): Promise<void> {
  const networks = await arm.list("Cannot list virtual networks", () =>
    arm.network.virtualNetworks.list(group),
  );
  for (const { name = "", subnets = [], tags = {} } of networks) {
    if (subnets.length > 0 || !hasTag({ tags }, MANAGED_TAG, "true")) continue;
    await remove(`virtual network ${name}`, () => arm.network.virtualNetworks.delete(group, name));
  }
}

function requireGone(left: OwnedResources): void {
  const names = Object.values(left).flatMap((list: readonly (string | { name: string })[]) =>
    list.map((one) => (typeof one === "string" ? one : one.name)),
  );
  if (names.length === 0) return;
  throw new StargateError("AzureNotGone", `Cannot delete everything: ${names.join(", ")} is still there`, {
    retriable: true,
    remedy: "Run the command again.",
  });
}
