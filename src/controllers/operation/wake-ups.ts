import type { Operation } from "../../api/v1alpha1/operation.ts";
import type { ProvisioningProfile } from "../../api/v1alpha1/provisioning-profile.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
import type { Change } from "../../controller-runtime/informer.ts";
import type { ObjectKey } from "../../controller-runtime/object-key.ts";
import { isBeingDeleted, isFinished } from "./facts.ts";

// Which Operations a change is news for. What we write ourselves while working is none: else every status we write
// would cut the wait short that it announces.

/** The Operation itself, and those that wait for their turn behind it. */
export function wokenByOperation(change: Change<Operation>, all: readonly Operation[]): ObjectKey[] {
  const { object } = change;
  const isNews =
    change.type !== "updated" ||
    change.before.metadata.generation !== object.metadata.generation ||
    isBeingDeleted(change.before) !== isBeingDeleted(object);
  const makesWay =
    change.type === "deleted" ||
    isBeingDeleted(object) ||
    (change.type === "updated" && change.before.status.reason !== object.status.reason);
  const others = makesWay
    ? all.filter((other) => waitsIn(object.metadata.namespace, other) && isRival(object, other))
    : [];
  return [...(isNews ? [object] : []), ...others].map(keyOf);
}

export function wokenByServer(change: Change<Server>, all: readonly Operation[]): ObjectKey[] {
  const { namespace, name } = change.object.metadata;
  return all.filter((one) => waitsIn(namespace, one) && one.spec.serverRef.name === name).map(keyOf);
}

export function wokenByProfile(change: Change<ProvisioningProfile>, all: readonly Operation[]): ObjectKey[] {
  const { namespace, name } = change.object.metadata;
  return all
    .filter((one) => waitsIn(namespace, one) && one.spec.provisioningProfileRef.name === name)
    .map(keyOf);
}

/** A Running one has its own time for the next attempt. */
function waitsIn(namespace: string, operation: Operation): boolean {
  return (
    operation.metadata.namespace === namespace &&
    !isFinished(operation) &&
    operation.status.phase !== "Running"
  );
}

function isRival(one: Operation, other: Operation): boolean {
  return (
    one.metadata.uid !== other.metadata.uid &&
    one.metadata.namespace === other.metadata.namespace &&
    one.spec.serverRef.name === other.spec.serverRef.name
  );
}

function keyOf({ metadata }: Operation): ObjectKey {
  return { namespace: metadata.namespace, name: metadata.name };
}
