import type { KubeClient } from "../../kubernetes/client.ts";
import * as resources from "../../kubernetes/resources.ts";
import { Node } from "../../kubernetes/schemas.ts";

/** Which Operation keeps pods off a Node: only what it did itself does it take back. */
export const CORDONED_BY = "stargate.io/cordoned-by";

/**
 * Keeps new pods off the node. A node that somebody else keeps them off stays that person's; what an earlier Operation
 * of ours left so, because it ended half-way, is this one's now.
 */
export async function cordon(
  client: KubeClient,
  node: Node,
  uid: string,
  signal?: AbortSignal,
): Promise<void> {
  if (node.spec.unschedulable && node.metadata.annotations[CORDONED_BY] === undefined) return;
  await client.mergePatch(
    resources.nodes,
    { namespace: "", name: node.metadata.name },
    { metadata: { annotations: { [CORDONED_BY]: uid } }, spec: { unschedulable: true } },
    { signal },
  );
}

/** Lets pods onto the node again if this Operation kept them off. @returns whether it did */
export async function uncordon(
  client: KubeClient,
  nodeName: string,
  uid: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const ref = { namespace: "", name: nodeName };
  const node = await client.getIfExists(resources.nodes, ref, Node, signal);
  if (node?.metadata.annotations[CORDONED_BY] !== uid) return false;
  await client.mergePatch(
    resources.nodes,
    ref,
    { metadata: { annotations: { [CORDONED_BY]: null } }, spec: { unschedulable: null } },
    { signal },
  );
  return true;
}
