import type { JsonObject } from "./json.ts";

export type ProvisioningState = "Creating" | "Updating" | "Succeeded" | "Failed" | "Deleting";

/** A resource, also a child such as a subnet or a route. */
export interface Resource {
  /** As it was first written; looked up in any case. */
  id: string;
  /** For instance Microsoft.Network/virtualNetworks/subnets. */
  type: string;
  name: string;
  subscription: string;
  group: string;
  location: string | undefined;
  tags: Record<string, string> | undefined;
  /** Other members beside properties: sku, zones, identity. */
  top: JsonObject;
  properties: JsonObject;
  state: ProvisioningState;
  etag: string;
  guid: string;
  createdAt: number;
}

/** All resources, by id in any case. */
export class Store {
  readonly #resources = new Map<string, Resource>();

  get(id: string): Resource | undefined {
    return this.#resources.get(id.toLowerCase());
  }

  put(resource: Resource): void {
    this.#resources.set(resource.id.toLowerCase(), resource);
  }

  /** Children go with their parent. */
  delete(id: string): void {
    this.#resources.delete(id.toLowerCase());
    for (const child of this.under(id)) this.#resources.delete(child.id.toLowerCase());
  }

  /** Everything below an id: children of a resource, or resources of a group. */
  under(id: string): Resource[] {
    const prefix = `${id.toLowerCase()}/`;
    return [...this.#resources].filter(([key]) => key.startsWith(prefix)).map(([, resource]) => resource);
  }

  ofType(type: string, scope = ""): Resource[] {
    const wanted = type.toLowerCase();
    const all = scope === "" ? [...this.#resources.values()] : this.under(scope);
    return all.filter((resource) => resource.type.toLowerCase() === wanted);
  }

  all(): Resource[] {
    return [...this.#resources.values()];
  }
}

/** The id without its last type and name: a subnet's virtual network. */
export function parentId(id: string): string {
  return id.split("/").slice(0, -2).join("/");
}

export function isSameId(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && one.toLowerCase() === other?.toLowerCase();
}

export function nameOf(id: string): string {
  return id.split("/").at(-1) ?? "";
}
