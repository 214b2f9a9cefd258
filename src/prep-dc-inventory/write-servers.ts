import { API_VERSION } from "../api/v1alpha1/kind.ts";
import { ABANDON, Server, SERVER_FINALIZER } from "../api/v1alpha1/server.ts";
import { StargateError } from "../lib/errors.ts";
import type { KubeClient } from "../kubernetes/client.ts";
import { servers } from "../kubernetes/resources.ts";
import type { Inventory } from "../providers/provider.ts";
import { DATACENTER_LABEL, PROVIDER_LABEL } from "./labels.ts";
import type { OwnerReference } from "./write-datacenter.ts";

/** The Server objects of an inventory, as they are applied. */
export function renderServers(
  inventory: Inventory,
  namespace: string,
  owner: OwnerReference,
): { name: string; body: object }[] {
  return inventory.workers.map((worker) => ({
    name: worker.name,
    body: {
      apiVersion: API_VERSION,
      kind: "Server",
      metadata: {
        name: worker.name,
        namespace,
        ownerReferences: [owner],
        labels: { [DATACENTER_LABEL]: inventory.router.name, [PROVIDER_LABEL]: inventory.providerId },
      },
      spec: {
        ipv4: worker.ipv4,
        provider: inventory.providerId,
        router: { name: inventory.router.name, address: inventory.gateway ?? inventory.router.ipv4 },
        hostKey: worker.hostKey,
        macAddress: worker.macAddress,
      },
    },
  }));
}

/** Creates or updates the Server objects of an inventory, below its Datacenter. Applying what is there already changes nothing. */
export async function writeServers(
  client: KubeClient,
  inventory: Inventory,
  namespace: string,
  owner: OwnerReference,
  signal: AbortSignal,
): Promise<void> {
  for (const server of renderServers(inventory, namespace, owner)) {
    await client.apply(servers, { namespace, name: server.name }, server.body, { force: true, signal });
  }
}

/** Deletes the Server objects of a datacenter, in every namespace. Returns their names. */
export async function deleteServers(
  client: KubeClient,
  routerName: string,
  signal: AbortSignal,
): Promise<string[]> {
  const labelSelector = `${DATACENTER_LABEL}=${routerName}`;
  const list = async () => {
    try {
      return (await client.list(servers, Server, { labelSelector, signal })).items;
    } catch (error) {
      if (error instanceof StargateError && error.reason === "ApiTypeMissing") return []; // no CRD, no Servers
      throw error;
    }
  };
  const found = await list();
  for (const { metadata } of found) {
    const { namespace, name } = metadata;
    // The controllers hold a Server while its Node lives; here the host itself goes, and perhaps no controller runs.
    const finalizers = metadata.finalizers.filter((finalizer) => finalizer !== SERVER_FINALIZER);
    if (finalizers.length < metadata.finalizers.length) {
      const annotations = { [ABANDON]: "true" };
      const change = { metadata: { finalizers, annotations } };
      await client.mergePatch(servers, { namespace, name }, change, { signal });
    }
    await client.delete(servers, { namespace, name }, { signal });
  }
  return found.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}
