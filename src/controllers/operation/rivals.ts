import type { Operation } from "../../api/v1alpha1/operation.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
import { isBeingDeleted, isFinished, WAITING_FOR_TURN } from "./facts.ts";

/**
 * The Operation that has to end before this one may work on the Server: whoever holds it, else an older one that is
 * about to take it. Undefined where the Server is free for this one. A hold of an Operation that has ended or no
 * longer exists is no hold: whoever comes next takes it over.
 */
export function findRival(
  operation: Operation,
  server: Server,
  rivals: readonly Operation[],
): Operation | undefined {
  const holder = server.status.currentOperation;
  if (holder?.uid === operation.metadata.uid) return undefined;
  const held = rivals.find((rival) => rival.metadata.uid === holder?.uid && !isFinished(rival));
  if (held !== undefined) return held;
  return rivals
    .filter((rival) => wantsTheServer(rival) && compareAge(rival, operation) < 0)
    .toSorted(compareAge)[0];
}

/** An Operation that waits for something of its own (a profile, a Secret) does not hold up those behind it. */
function wantsTheServer(operation: Operation): boolean {
  if (isFinished(operation) || isBeingDeleted(operation)) return false;
  const { phase, reason } = operation.status;
  return phase === undefined || phase === "Running" || reason === "ServerBusy" || reason === WAITING_FOR_TURN;
}

/** Oldest first; creation times are whole seconds, so names settle the rest. */
function compareAge(a: Operation, b: Operation): number {
  const [first, second] = [a.metadata, b.metadata];
  if (first.creationTimestamp !== second.creationTimestamp)
    return first.creationTimestamp < second.creationTimestamp ? -1 : 1;
  return first.name < second.name ? -1 : Number(first.name > second.name);
}
