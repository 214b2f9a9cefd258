import type { Operation } from "../../api/v1alpha1/operation.ts";
import type { ProvisioningProfile } from "../../api/v1alpha1/provisioning-profile.ts";
import type { Server } from "../../api/v1alpha1/server.ts";

/** Keeps an Operation in the API until everything made for it is gone: its token, its hold on the Server. */
export const OPERATION_FINALIZER = "stargate.io/operation";

/** Reason of an Operation that may begin, or go on, as soon as others have ended. */
export const WAITING_FOR_TURN = "WaitingForTurn";

/** Condition: it may be worked on. False while it lacks something, also where that was taken away in its midst. */
export const ACCEPTED = "Accepted";

/** Everything decide() goes by. Gathered by observe(), from the informers' caches and a few reads. */
export interface Facts {
  providerId: string;
  nowMs: number;
  /** When this controller began to work: the time nobody was there does not count against an Operation. */
  controllerStartedMs: number;
  operation: Operation | undefined;
  server: Server | undefined;
  profile: ProvisioningProfile | undefined;
  /** What the profile's credentials Secret lacks; undefined where it can be used. */
  credentialsProblem: string | undefined;
  /** git version of the control plane, for instance v1.37.2. */
  mxVersion: string;
  /** What a joining kubeadm reads and the cluster does not have, for instance "ConfigMap kube-system/kubeadm-config". */
  missingClusterConfig: readonly string[];
  /** Every other Operation for the same Server, finished ones included. */
  rivals: readonly Operation[];
}

export function isFinished(operation: Operation): boolean {
  return operation.status.phase === "Succeeded" || operation.status.phase === "Failed";
}

export function isBeingDeleted({ metadata }: { metadata: Operation["metadata"] }): boolean {
  return metadata.deletionTimestamp !== undefined;
}

export function hasFinalizer(operation: Operation): boolean {
  return operation.metadata.finalizers.includes(OPERATION_FINALIZER);
}

/** True once it has taken its Server: until then nothing was done anywhere. */
export function hasBegun(operation: Operation): boolean {
  return operation.status.startedAt !== undefined;
}
