import type { Operation } from "../../api/v1alpha1/operation.ts";
import { ABANDON, SERVER_FINALIZER, type Server } from "../../api/v1alpha1/server.ts";
import type { Node } from "../../kubernetes/schemas.ts";
import { hasFinalizer, isFinished } from "../operation/facts.ts";

export interface ServerFacts {
  providerId: string;
  server: Server | undefined;
  /** The Node of its status.nodeRef, if there is one of that name. */
  node: Node | undefined;
  /** The Operation of its status.currentOperation. */
  holder: Operation | undefined;
}

export type ServerDecision =
  | { kind: "nothing" }
  /** It has become something that must not vanish unnoticed. */
  | { kind: "guard"; server: Server }
  /** It is to be deleted, and nothing stands against it. */
  | { kind: "release"; server: Server }
  | { kind: "hold"; server: Server; reason: string; message: string }
  /** What holds it has ended without letting it go, or is no more. */
  | { kind: "orphaned"; server: Server; operationUid: string };

/** Pure: what these facts ask for. */
export function decideServer({ providerId, server, node, holder }: ServerFacts): ServerDecision {
  if (server === undefined || server.spec.provider !== providerId) return { kind: "nothing" };
  const { currentOperation, nodeRef } = server.status;
  const isHeld = holder !== undefined && holder.metadata.uid === currentOperation?.uid && isWorking(holder);
  if (currentOperation !== undefined && !isHeld) {
    return { kind: "orphaned", server, operationUid: currentOperation.uid };
  }
  const isGuarded = server.metadata.finalizers.includes(SERVER_FINALIZER);
  if (server.metadata.deletionTimestamp === undefined) {
    const isWorthIt = currentOperation !== undefined || nodeRef !== undefined;
    return isWorthIt && !isGuarded ? { kind: "guard", server } : { kind: "nothing" };
  }
  if (!isGuarded) return { kind: "nothing" };
  if (server.metadata.annotations[ABANDON] === "true") return { kind: "release", server };
  const { name } = server.metadata;
  if (currentOperation !== undefined) {
    return {
      kind: "hold",
      server,
      reason: "OperationRunning",
      message:
        `The Operation "${currentOperation.name}" works on this Server: it is deleted when that has ended. ` +
        `Cancel it (spec.cancel), or annotate the Server with ${ABANDON}=true to delete it at once.`,
    };
  }
  if (node !== undefined && node.metadata.uid === nodeRef?.uid) {
    return {
      kind: "hold",
      server,
      reason: "NodeExists",
      message:
        `Node "${node.metadata.name}" still exists: create an Operation with operation: deprovision for this Server, ` +
        `or annotate it with ${ABANDON}=true to leave the host as it is (kubectl annotate server ${name} ${ABANDON}=true).`,
    };
  }
  return { kind: "release", server };
}

/** An Operation that has ended lets go by itself as long as its finalizer is there. */
function isWorking(operation: Operation): boolean {
  return !isFinished(operation) || hasFinalizer(operation);
}
