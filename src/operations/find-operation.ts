import { Operation } from "../api/v1alpha1/operation.ts";
import type { KubeClient, ObjectRef } from "../kubernetes/client.ts";
import * as resources from "../kubernetes/resources.ts";
import { StargateError } from "../lib/errors.ts";

/** @throws StargateError OperationNotFound, which says where there is one of that name */
export async function findOperation(
  client: KubeClient,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<Operation> {
  const operation = await client.getIfExists(resources.operations, ref, Operation, signal);
  if (operation !== undefined) return operation;
  const { name, namespace } = ref;
  const elsewhere = await namespacesWith(client, name, signal);
  throw new StargateError(
    "OperationNotFound",
    `There is no Operation "${name}" in namespace "${namespace}"`,
    {
      remedy:
        elsewhere.length === 0
          ? "See which there are: kubectl get operations -A."
          : `There is one in ${elsewhere.join(", ")}: add -n ${elsewhere[0] ?? ""}.`,
    },
  );
}

/** Empty, too, where one may not look into other namespaces. */
async function namespacesWith(client: KubeClient, name: string, signal: AbortSignal): Promise<string[]> {
  try {
    const { items } = await client.list(resources.operations, Operation, {
      fieldSelector: `metadata.name=${name}`,
      signal,
    });
    return items.map(({ metadata }) => metadata.namespace);
  } catch (error) {
    if (error instanceof StargateError && error.reason === "ApiForbidden") return [];
    throw error;
  }
}
