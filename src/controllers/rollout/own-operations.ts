import type { Operation } from "../../api/v1alpha1/operation.ts";
import { API_VERSION } from "../../api/v1alpha1/kind.ts";
import {
  REVISION_LABEL,
  ROLLOUT_LABEL,
  ROLLOUT_UID_LABEL,
  type Rollout,
} from "../../api/v1alpha1/rollout.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
import { hasBegun, hasFinalizer, isFinished } from "../operation/facts.ts";
import { operationName } from "./revision.ts";
import type { Target } from "./target.ts";

/** True for an Operation that this Rollout made. One that it only adopted stays whoever's it was. */
export function isOwn({ metadata }: Operation, rollout: Rollout): boolean {
  return metadata.labels[ROLLOUT_UID_LABEL] === rollout.metadata.uid;
}

/** True for an Operation that nobody has taken up: it holds nothing, and can be taken away. */
export function isUntouched(operation: Operation): boolean {
  return !isFinished(operation) && !hasBegun(operation) && !hasFinalizer(operation);
}

/**
 * Pure: the Operation of a server for a revision. The Rollout is its controller; the Server owns it too, so that no way
 * of deleting the Rollout has the garbage collector take away an Operation that runs.
 */
export function renderOperation({ rollout, revision }: Target, server: Server): object {
  const { name, namespace, uid } = rollout.metadata;
  const { provisioningProfileRef, operation, mode, force, timeout, retries, drain } = rollout.spec;
  return {
    apiVersion: API_VERSION,
    kind: "Operation",
    metadata: {
      name: operationName(rollout, server.metadata.name, revision),
      namespace,
      labels: { [ROLLOUT_LABEL]: name, [REVISION_LABEL]: revision, [ROLLOUT_UID_LABEL]: uid },
      ownerReferences: [
        { apiVersion: API_VERSION, kind: "Rollout", name, uid, controller: true },
        { apiVersion: API_VERSION, kind: "Server", name: server.metadata.name, uid: server.metadata.uid },
      ],
    },
    spec: {
      serverRef: { name: server.metadata.name },
      provisioningProfileRef,
      ...{ operation, mode, force, timeout, retries, drain },
    },
  };
}
