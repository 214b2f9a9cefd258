import type { Clock } from "../../lib/clock.ts";
import { StargateError } from "../../lib/errors.ts";
import type { KubeClient } from "../../kubernetes/client.ts";
import * as resources from "../../kubernetes/resources.ts";
import { Node, Pod } from "../../kubernetes/schemas.ts";

export interface DrainOptions {
  clock: Clock;
  timeoutMs: number;
  /** Left out: what each pod asks for. */
  gracePeriodSeconds?: number | undefined;
  /** Pods that have not left in time are deleted, whatever their PodDisruptionBudget says. */
  force: boolean;
  signal?: AbortSignal;
  /** Says what it waits for. */
  onLine: (line: string) => void;
}

const LOOK_AGAIN_MS = 2_000;
/** Pods deleted by force are waited for this long: a kubelet that answers needs no more. */
const FORCED_MS = 30_000;

/** Pure: what has to leave a node before it goes. Daemons and static pods live and die with their node. */
export function hasToLeave({ metadata, status }: Pod): boolean {
  if (metadata.ownerReferences.some((owner) => owner.kind === "DaemonSet" || owner.kind === "Node"))
    return false;
  if (metadata.annotations["kubernetes.io/config.mirror"] !== undefined) return false;
  return status.phase !== "Succeeded" && status.phase !== "Failed";
}

/**
 * Asks each pod to leave by the eviction API, which honours PodDisruptionBudgets. Returns when all that have to leave
 * are gone: with the names of those that were deleted by force.
 * @throws StargateError DrainTimeout naming what stayed and why
 */
export async function drainNode(
  client: KubeClient,
  nodeName: string,
  options: DrainOptions,
): Promise<string[]> {
  const { clock, signal, onLine, force } = options;
  const deadline = clock.now() + options.timeoutMs;
  const forced = new Set<string>();
  for (;;) {
    const staying = await podsToLeave(client, nodeName, signal);
    if (staying.length === 0) return [...forced];
    const isLate = clock.now() >= deadline;
    const refusals = isLate && force ? [] : await evictAll(client, staying, options);
    const names = staying.map(nameOf).join(", ");
    if (isLate && (!force || clock.now() >= deadline + FORCED_MS)) {
      const why = refusals[0] === undefined ? "" : `: ${refusals[0]}`;
      throw new StargateError("DrainTimeout", `Cannot drain node ${nodeName}: ${names} did not leave${why}`, {
        remedy:
          "Give the pods room elsewhere, loosen their PodDisruptionBudget or delete them, then create a new " +
          "Operation; with spec.force it deletes them itself.",
      });
    }
    if (isLate) {
      for (const pod of staying) {
        if (forced.has(nameOf(pod))) continue;
        await client.delete(resources.pods, refOf(pod), { uid: pod.metadata.uid, signal });
        forced.add(nameOf(pod));
      }
    }
    onLine(`waiting for ${names} to leave`);
    await clock.sleep(LOOK_AGAIN_MS, signal);
  }
}

async function podsToLeave(client: KubeClient, name: string, signal?: AbortSignal): Promise<Pod[]> {
  const node = await client.getIfExists(resources.nodes, { namespace: "", name }, Node, signal);
  // Where no kubelet answers, a pod told to go never says it went: being told is all there is to wait for.
  const isServed = node?.status.conditions.some(({ type, status }) => type === "Ready" && status === "True");
  const { items } = await client.list(resources.pods, Pod, {
    fieldSelector: `spec.nodeName=${name}`,
    signal,
  });
  return items.filter(
    (pod) => hasToLeave(pod) && (isServed === true || pod.metadata.deletionTimestamp === undefined),
  );
}

/** Asks each pod to leave; returns what the refused ones were told. */
async function evictAll(
  client: KubeClient,
  pods: readonly Pod[],
  { gracePeriodSeconds, signal }: DrainOptions,
): Promise<string[]> {
  const refusals: string[] = [];
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp !== undefined) continue; // on its way
    const { name, namespace, uid } = pod.metadata;
    const eviction = {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name, namespace },
      deleteOptions: {
        preconditions: { uid },
        ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
      },
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

function nameOf({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function refOf({ metadata }: Pod): { namespace: string; name: string } {
  return { namespace: metadata.namespace, name: metadata.name };
}
