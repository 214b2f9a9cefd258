import type { HostIdentity } from "./worker.ts";
import type { Node } from "../../kubernetes/schemas.ts";

/** What a Node must match to be the one this Operation made. */
export interface Expected {
  identity: HostIdentity;
  previousNodeUid: string | undefined;
  /** When the Operation was created, by the API server's clock, as the Node's own time is: ours may be off. */
  createdAtMs: number;
  /** True once a certificate request for this node, made with this Operation's token, was seen. */
  joinedWithOurToken: boolean;
}

export type Proof =
  | { kind: "absent" }
  /** Not known yet: the kubelet has not said enough. */
  | { kind: "unproven"; message: string }
  /** Another host answers to this name. */
  | { kind: "impostor"; message: string }
  | { kind: "joined"; message: string }
  | { kind: "ready"; message: string };

/** API servers of one cluster may differ by this much. */
const CLOCK_SKEW_MS = 60_000;

/**
 * Pure: whether this Node is the host we bootstrapped, and not a leftover of the name or another host that registered
 * under it; and whether it is Ready.
 */
export function proveNode(node: Node | undefined, expected: Expected): Proof {
  if (node === undefined || node.metadata.deletionTimestamp !== undefined) return { kind: "absent" };
  if (node.metadata.uid === expected.previousNodeUid) {
    return { kind: "unproven", message: "the Node is still the one from before" };
  }
  if (Date.parse(node.metadata.creationTimestamp) < expected.createdAtMs - CLOCK_SKEW_MS) {
    return { kind: "impostor", message: "the Node is older than this Operation" };
  }
  const info = node.status.nodeInfo;
  if (info === undefined || info.machineID === "" || info.bootID === "") {
    return { kind: "unproven", message: "the kubelet has not said which host it runs on" };
  }
  const { identity } = expected;
  const pairs = [
    ["machine id", info.machineID, identity.machineId],
    ["boot id", info.bootID, identity.bootId],
    // A host without readable DMI reports none; the other two still tell hosts apart.
    ["system UUID", info.systemUUID, identity.systemUuid],
  ] as const;
  for (const [what, reported, read] of pairs) {
    if (read !== "" && reported.toLowerCase() !== read.toLowerCase()) {
      return {
        kind: "impostor",
        message: `the Node's ${what} is ${reported}, the server's own is ${read}`,
      };
    }
  }
  if (!expected.joinedWithOurToken) {
    return {
      kind: "unproven",
      message: "no certificate request by this Operation's bootstrap token was seen",
    };
  }
  const ready = node.status.conditions.find((condition) => condition.type === "Ready");
  return ready?.status === "True"
    ? { kind: "ready", message: `Node ${node.metadata.name} is Ready` }
    : { kind: "joined", message: ready?.message ?? "the kubelet has not reported yet" };
}
