import type { ObjectRef, ResourceType } from "./client.ts";

/** Path of a list, or of one object, or of its subresource, below the API server's URL. */
export function resourcePath(
  type: ResourceType,
  at: { namespace?: string | undefined; name?: string; subresource?: string } = {},
): string {
  const root = type.group === "" ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  const inNamespace = type.namespaced && at.namespace !== undefined && at.namespace !== "";
  const parts = [
    ...(inNamespace ? ["namespaces", at.namespace ?? ""] : []),
    type.plural,
    ...(at.name === undefined ? [] : [at.name]),
    ...(at.subresource === undefined ? [] : [at.subresource]),
  ];
  return `${root}/${parts.map(encodeURIComponent).join("/")}`;
}

/** For people: servers "simulator-dc/vm-1". */
export function describeResource(type: ResourceType, ref?: Partial<ObjectRef>): string {
  const name = [ref?.namespace, ref?.name].filter((part) => part !== undefined && part !== "").join("/");
  return name === "" ? type.plural : `${type.plural} "${name}"`;
}
