/** Where resources are: a resource group of a subscription. */
export interface ResourceScope {
  subscriptionId: string;
  resourceGroup: string;
}

/** Id of the resource group itself. */
export function groupId({ subscriptionId, resourceGroup }: ResourceScope): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
}

/** Id of a resource: `path` is type and name by turns after the provider, for instance "virtualNetworks/v/subnets/s". */
export function resourceId(scope: ResourceScope, provider: "Compute" | "Network", path: string): string {
  return `${groupId(scope)}/providers/Microsoft.${provider}/${path}`;
}

/** Azure answers ids in whatever case it likes. */
export function isSameId(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && one.toLowerCase() === other?.toLowerCase();
}

/** The name at the end of an id. */
export function nameOfId(id: string | undefined): string {
  return id?.split("/").at(-1) ?? "";
}

/** The resource group inside an id; undefined where it has none. */
export function groupOfId(id: string | undefined): string | undefined {
  return /\/resourceGroups\/([^/]+)/i.exec(id ?? "")?.[1];
}
