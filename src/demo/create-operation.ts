import { stringify } from "yaml";
import { API_VERSION } from "../api/v1alpha1/kind.ts";
import { Operation } from "../api/v1alpha1/operation.ts";
import type { KubeClient, ObjectRef } from "../kubernetes/client.ts";
import * as resources from "../kubernetes/resources.ts";
import { StargateError } from "../lib/errors.ts";
import { retry } from "../lib/retry.ts";
import type { World } from "../lib/world.ts";
import { DEMO } from "./demo-names.ts";

/** The README's Operation: repave one server. */
export function renderOperation(name: string, server: string) {
  return {
    apiVersion: API_VERSION,
    kind: "Operation",
    metadata: { name, namespace: DEMO.namespace },
    spec: {
      serverRef: { name: server },
      provisioningProfileRef: { name: DEMO.profile },
      operation: "repave",
    },
  };
}

/**
 * Creates the Operation as `kubectl apply` would. One that is there and goes on, or has succeeded, is the demo's own
 * from an earlier run and stays; one that failed makes room for a new try.
 */
export async function ensureOperation(
  client: KubeClient,
  { name, server }: { name: string; server: string },
  { progress, signal, clock }: World,
): Promise<void> {
  const ref: ObjectRef = { namespace: DEMO.namespace, name };
  const earlier = await client.getIfExists(resources.operations, ref, Operation, signal);
  if (earlier?.status.phase === "Failed") {
    await client.delete(resources.operations, ref, { uid: earlier.metadata.uid, signal });
    await retry(
      async () => {
        if ((await client.getIfExists(resources.operations, ref, Operation, signal)) === undefined) return;
        throw new StargateError("OperationStillThere", `Operation ${name} is still being deleted`, {
          retriable: true,
          remedy: "Look at its finalizers: kubectl get operation -o yaml.",
        });
      },
      { timeoutMs: 60_000, signal, clock },
    );
  } else if (earlier !== undefined) {
    progress.say(`Operation ${name} is there already (${earlier.status.phase ?? "Pending"})`);
    return;
  }
  const operation = renderOperation(name, server);
  progress.say(`\n$ kubectl apply -f - <<YAML\n${stringify(operation)}YAML`);
  await client.create(resources.operations, DEMO.namespace, operation, signal);
}
