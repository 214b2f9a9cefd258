import type { Clock } from "../../lib/clock.ts";
import { StargateError } from "../../lib/errors.ts";
import type { KubeClient } from "../../kubernetes/client.ts";
import * as resources from "../../kubernetes/resources.ts";
import { type Node, Pod } from "../../kubernetes/schemas.ts";

export interface DrainOptions {
  clock: Clock;
  timeoutMs: number;
  signal?: AbortSignal;
  /** Says what it waits for. */
  onLine: (line: string) => void;
}

const LOOK_AGAIN_MS = 2_000;

/** Pure: what has to leave a node before it goes. Daemons and static pods live and die with their node. */
export function hasToLeave({ metadata, status }: Pod): boolean {
  if (metadata.ownerReferences.some((owner) => owner.kind === "DaemonSet" || owner.kind === "Node"))
    return false;
  if (metadata.annotations["kubernetes.io/config.mirror"] !== undefined) return false;
  return status.phase !== "Succeeded" && status.phase !== "Failed";
}

/**
 * Keeps new pods off the node and asks each pod to leave by the eviction API, which honours PodDisruptionBudgets.
 * Returns when all that have to leave are gone.
 * @throws StargateError DrainTimeout naming what stayed and why
 */
export async function drainNode(client: KubeClient, node: Node, options: DrainOptions): Promise<void> {
  const { clock, signal, onLine } = options;
  const deadline = clock.now() + options.timeoutMs;
  // Where no kubelet answers, a pod told to go never says it went: being told is all there is to wait for.
  const isServed = node.status.conditions.some(({ type, status }) => type === "Ready" && status === "True");
  await client.mergePatch(
    resources.nodes,
    { namespace: "", name: node.metadata.name },
    { spec: { unschedulable: true } },
    { signal },
  );
  for (;;) {
    const { items } = await client.list(resources.pods, Pod, {
      fieldSelector: `spec.nodeName=${node.metadata.name}`,
      signal,
    });
    const staying = items.filter(
      (pod) => hasToLeave(pod) && (isServed || pod.metadata.deletionTimestamp === undefined),
    );
    if (staying.length === 0) return;
    const refusals = await evictAll(client, staying, signal);
    const names = staying.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(", ");
    if (clock.now() >= deadline) {
      const why = refusals[0] === undefined ? "" : `: ${refusals[0]}`;
      throw new StargateError(
        "DrainTimeout",
        `Cannot drain node ${node.metadata.name}: ${names} did not leave${why}`,
        {
          remedy:
            "Give the pods room elsewhere, loosen their PodDisruptionBudget or delete them, then create a new Operation.",
        },
      );
    }
    onLine(`waiting for ${names} to leave`);
    await clock.sleep(LOOK_AGAIN_MS, signal);
  }
}

/** Asks each pod to leave; returns what the refused ones were told. */
async function evictAll(client: KubeClient, pods: readonly Pod[], signal?: AbortSignal): Promise<string[]> {
  const refusals: string[] = [];
  for (const { metadata } of pods) {
    if (metadata.deletionTimestamp !== undefined) continue; // on its way
    const { name, namespace, uid } = metadata;
    const eviction = {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name, namespace },
      deleteOptions: { preconditions: { uid } },
    };
    try {
      await client.createSubresource(resources.pods, { namespace, name }, "eviction", eviction, signal);
    } catch (error) {
      if (!(error instanceof StargateError)) throw error;
      // Throttled is how a PodDisruptionBudget says no; a conflict or nothing there means the pod is gone already.
      if (error.reason === "ApiThrottled") refusals.push(error.message);
      else if (error.reason !== "ApiNotFound" && error.reason !== "ApiConflict") throw error;
    }
  }
  return refusals;
}
