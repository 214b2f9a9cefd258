import { z } from "zod";
import { Datacenter } from "../api/v1alpha1/datacenter.ts";
import { API_VERSION } from "../api/v1alpha1/kind.ts";
import { StargateError } from "../lib/errors.ts";
import type { KubeClient } from "../kubernetes/client.ts";
import { datacenters, namespaces } from "../kubernetes/resources.ts";
import type { Inventory } from "../providers/provider.ts";
import { routersOf } from "../providers/routers.ts";
import type { Tailnet } from "../tailnet/tailnet.ts";
import { DATACENTER_LABEL, PROVIDER_LABEL } from "./labels.ts";

const WithUid = z.object({ metadata: z.object({ uid: z.string() }) });

/** What makes a Server go when its Datacenter goes. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller: boolean;
  blockOwnerDeletion: boolean;
}

/** The Datacenter object of an inventory, as it is applied. It is named for its first router. */
export function renderDatacenter(
  inventory: Inventory,
  namespace: string,
  { description, loginServer }: Pick<Tailnet, "description" | "loginServer">,
): object {
  const { providerId, subnetCidr, router } = inventory;
  return {
    apiVersion: API_VERSION,
    kind: "Datacenter",
    metadata: {
      name: router.name,
      namespace,
      labels: { [DATACENTER_LABEL]: router.name, [PROVIDER_LABEL]: providerId },
    },
    spec: {
      provider: providerId,
      subnets: [subnetCidr],
      routers: routersOf(inventory).map(({ name, ipv4 }) => ({ name, address: ipv4 })),
      tailnet: { description, ...(loginServer === undefined ? {} : { loginServer }) },
    },
  };
}

/** Creates or updates the Datacenter object. Returns what its Servers name as their owner. */
export async function writeDatacenter(
  client: KubeClient,
  inventory: Inventory,
  namespace: string,
  tailnet: Pick<Tailnet, "description" | "loginServer">,
  signal: AbortSignal,
): Promise<OwnerReference> {
  const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
  await client.apply(namespaces, { namespace: "", name: namespace }, body, { signal });
  const ref = { namespace, name: inventory.router.name };
  await client.apply(datacenters, ref, renderDatacenter(inventory, namespace, tailnet), {
    force: true,
    signal,
  });
  const { uid } = (await client.get(datacenters, ref, WithUid, signal)).metadata;
  const kept = { controller: false, blockOwnerDeletion: false };
  return { apiVersion: API_VERSION, kind: "Datacenter", name: ref.name, uid, ...kept };
}

/** Deletes the Datacenter objects of a router, in every namespace. Returns what they were. */
export async function deleteDatacenters(
  client: KubeClient,
  routerName: string,
  signal: AbortSignal,
): Promise<Datacenter[]> {
  const labelSelector = `${DATACENTER_LABEL}=${routerName}`;
  try {
    const { items } = await client.list(datacenters, Datacenter, { labelSelector, signal });
    for (const { metadata } of items) {
      await client.delete(datacenters, { namespace: metadata.namespace, name: metadata.name }, { signal });
    }
    return items;
  } catch (error) {
    if (error instanceof StargateError && error.reason === "ApiTypeMissing") return []; // no CRD, no Datacenters
    throw error;
  }
}
