import type { JsonObject } from "./json.ts";
import type { Resource } from "./store.ts";

/** What a call's path names, whether it exists or not. */
export interface Target {
  subscription: string;
  group: string;
  groupId: string;
  /** Microsoft.Network/virtualNetworks/subnets */
  type: string;
  id: string;
  name: string;
  /** The resource it is a child of; undefined for those that stand alone. */
  parent: { id: string; type: string; name: string } | undefined;
}

/** Builds the target for a type from a path's parts: names of parent and child, or of one resource. */
export function targetOf(
  type: string,
  subscription: string,
  group: string,
  names: readonly string[],
): Target {
  const [provider = "", ...types] = type.split("/");
  const groupId = `/subscriptions/${subscription}/resourceGroups/${group}`;
  const idOf = (count: number): string =>
    [
      `${groupId}/providers/${provider}`,
      ...types.slice(0, count).map((one, index) => `${one}/${names[index]}`),
    ].join("/");
  const [first = ""] = types;
  const parentName = names[0] ?? "";
  return {
    subscription,
    group,
    groupId,
    type,
    id: idOf(types.length),
    name: names[types.length - 1] ?? "",
    parent: types.length > 1 ? { id: idOf(1), type: `${provider}/${first}`, name: parentName } : undefined,
  };
}

/** The members that every resource's answer has, in Azure's order, around its properties. */
export function frame(resource: Resource, properties: JsonObject): JsonObject {
  const body: JsonObject = { name: resource.name, id: resource.id };
  if (resource.type.startsWith("Microsoft.Network/")) body["etag"] = resource.etag;
  body["type"] = resource.type;
  if (resource.location !== undefined) body["location"] = resource.location;
  if (resource.tags !== undefined) body["tags"] = resource.tags;
  return { ...body, ...resource.top, properties };
}
