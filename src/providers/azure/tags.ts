/** On everything of one datacenter: the name of its router. */
export const DATACENTER_TAG = "stargate-datacenter";
/** On what we made and several datacenters may share: virtual network and resource group. */
export const MANAGED_TAG = "stargate-managed";
/** On VMs: router, worker or mx. */
export const ROLE_TAG = "stargate-role";
/** On VMs: the SSH host key, read through Azure's control plane. */
export const HOST_KEY_TAG = "stargate-host-key";

/** On workers: the wish for which it was last given a fresh disk, and what it was before. */
export const REIMAGE_TAG = "stargate-reimage";

export type Tags = Record<string, string>;

export function hasTag(object: { tags?: Tags }, name: string, value: string): boolean {
  return object.tags?.[name] === value;
}
