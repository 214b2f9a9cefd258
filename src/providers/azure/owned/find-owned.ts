import type { Arm } from "../arm/arm.ts";
import { isSameId, nameOfId, type ResourceScope } from "../arm/resource-id.ts";
import { isSubnetOf } from "../resources/virtual-network.ts";
import { hasTag } from "../tags.ts";

/** What carries the tag of one owner in a resource group. Read from each service itself: Azure's index of all lags. */
export interface OwnedResources {
  vms: string[];
  interfaces: string[];
  disks: string[];
  publicAddresses: string[];
  routeTables: string[];
  securityGroups: string[];
  /** Subnets that ours guard or route, by virtual network. */
  subnets: { virtualNetwork: string; name: string }[];
}

export interface Owner {
  tag: string;
  value: string;
}

export async function findOwned(scope: ResourceScope, owner: Owner, arm: Arm): Promise<OwnedResources> {
  const group = scope.resourceGroup;
  const { compute, network } = arm;
  const [vms, interfaces, disks, publicAddresses, routeTables, securityGroups, networks] = await Promise.all([
    arm.list("Cannot list VMs", () => compute.virtualMachines.list(group)),
    arm.list("Cannot list network interfaces", () => network.networkInterfaces.list(group)),
    arm.list("Cannot list disks", () => compute.disks.listByResourceGroup(group)),
    arm.list("Cannot list public addresses", () => network.publicIPAddresses.list(group)),
    arm.list("Cannot list route tables", () => network.routeTables.list(group)),
    arm.list("Cannot list security groups", () => network.networkSecurityGroups.list(group)),
    arm.list("Cannot list virtual networks", () => network.virtualNetworks.list(group)),
  ]);
  const isOwned = (one: { tags?: Record<string, string> }): boolean => hasTag(one, owner.tag, owner.value);
  const guards = securityGroups.filter(isOwned);
  const tables = routeTables.filter(isOwned);
  const ownVms = vms.filter(isOwned);
  return {
    vms: namesOf(ownVms),
    interfaces: namesOf(interfaces.filter(isOwned)),
    // Azure makes them together with a VM, and may give them no tags: what is attached to one of ours is ours.
    disks: namesOf(
      disks.filter((disk) => isOwned(disk) || ownVms.some(({ id }) => isSameId(id, disk.managedBy))),
    ),
    publicAddresses: namesOf(publicAddresses.filter(isOwned)),
    routeTables: namesOf(tables),
    securityGroups: namesOf(guards),
    subnets: networks.flatMap(({ name: virtualNetwork = "", subnets = [] }) =>
      subnets
        .filter((subnet) =>
          [...guards.map(({ id }) => [id, undefined]), ...tables.map(({ id }) => [undefined, id])].some(
            ([guard, table]) => isSubnetOf(subnet, guard ?? "", table),
          ),
        )
        .map(({ name = "" }) => ({ virtualNetwork, name })),
    ),
  };
}

function namesOf(resources: readonly { name?: string; id?: string }[]): string[] {
  return resources.map(({ name, id }) => name ?? nameOfId(id));
}
