import type { Operation } from "../../api/v1alpha1/operation.ts";
import type { ProvisioningProfile } from "../../api/v1alpha1/provisioning-profile.ts";
import { REVISION_LABEL, ROLLOUT_LABEL } from "../../api/v1alpha1/rollout.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
import { hasBegun, isBeingDeleted, isFinished } from "../operation/facts.ts";
import { doneSince, type ServerFacts } from "./facts.ts";
import { isOwn, isUntouched } from "./own-operations.ts";
import { operationName } from "./revision.ts";
import type { Target } from "./target.ts";

/** How a server stands to a revision. */
export interface Survey {
  server: Server;
  standing: "updated" | "running" | "failed" | "pending";
  /** available: a node that takes pods. spare: no node, and not meant to be one yet. down: anything else. */
  capacity: "available" | "spare" | "down";
  /** An Operation that is not this revision's has not ended. */
  isOthers: boolean;
  /** Operations of others that do what is wanted here, and count from now on. */
  adoptable: Operation[];
  /** Ended Operations of earlier revisions: of no use once this revision has its own. */
  superseded: Operation[];
  /** Operations of the Rollout that have not begun. They would some time, whatever it says by then. */
  unbegun: Operation[];
  /** Those of them that would do what is not wanted any more. */
  obsolete: Operation[];
  /** Why an Operation that counts here has not begun. */
  waitsFor: string | undefined;
}

/** Pure: how one server stands. Decided from the objects alone, so that every controller finds the same at any time. */
export function surveyServer(facts: ServerFacts, target: Target): Survey {
  const { server, operations } = facts;
  const adoptable = operations.filter((operation) => isAdoptable(operation, target));
  const ofRevision = operations.filter((operation) => isOfRevision(operation, target));
  const unfinished = operations.filter((operation) => !isFinished(operation));
  const counted = new Set([...adoptable, ...ofRevision]);
  const waiting = unfinished.find((operation) => counted.has(operation) && !hasBegun(operation));
  const unbegun = unfinished.filter(
    (operation) => isOwn(operation, target.rollout) && isUntouched(operation),
  );
  return {
    server,
    standing: standingOf(server, [...counted], target),
    capacity: unfinished.length > 0 ? "down" : capacityOf(facts),
    isOthers: unfinished.some((operation) => !counted.has(operation)),
    adoptable,
    superseded: operations.filter(
      (operation) =>
        isFinished(operation) &&
        operation.metadata.labels[ROLLOUT_LABEL] === target.rollout.metadata.name &&
        !counted.has(operation),
    ),
    unbegun,
    obsolete: unbegun.filter((operation) => !counted.has(operation)),
    waitsFor: waiting && (waiting.status.reason ?? "no controller has looked at it yet"),
  };
}

function standingOf(server: Server, operations: readonly Operation[], target: Target): Survey["standing"] {
  if (operations.some((operation) => !isFinished(operation))) return "running";
  if (operations.some(({ status }) => status.phase === "Succeeded")) return "updated";
  const done = doneAt(server, target);
  // What failed after that left the server as nobody knows.
  const isStill =
    done !== undefined && operations.every(({ status }) => isBefore(status.startedAt ?? done, done));
  if (isStill) return "updated";
  return operations.length > 0 ? "failed" : "pending";
}

/** When the server was done, as it remembers: also by Operations that are gone, and by those that people made. */
function doneAt({ status }: Server, { rollout, profile }: Target): string | undefined {
  const success = status.history?.find(({ operation }) => operation === rollout.spec.operation);
  if (success === undefined) return undefined;
  const since = doneSince(rollout);
  if (since !== undefined && isBefore(success.startedAt, since)) return undefined;
  return rollout.spec.operation !== "repave" || isSameState(success.profile, profile)
    ? success.startedAt
    : undefined;
}

function isOfRevision({ metadata, spec }: Operation, { rollout, revision }: Target): boolean {
  const { labels, name } = metadata;
  const isLabelled = labels[ROLLOUT_LABEL] === rollout.metadata.name && labels[REVISION_LABEL] === revision;
  return isLabelled || name === operationName(rollout, spec.serverRef.name, revision);
}

/** Not one of another Rollout, and not one that began with what is no more wanted. */
function isAdoptable(operation: Operation, target: Target): boolean {
  const { rollout, profile } = target;
  const { metadata, spec, status } = operation;
  if (isFinished(operation) || isBeingDeleted(operation) || spec.cancel) return false;
  if (isOfRevision(operation, target)) return false;
  const owner = metadata.labels[ROLLOUT_LABEL];
  if (owner !== undefined && owner !== rollout.metadata.name) return false;
  const isSameWork =
    spec.operation === rollout.spec.operation && spec.provisioningProfileRef.name === profile.metadata.name;
  if (!isSameWork) return false;
  if (status.startedAt === undefined) return true; // it will follow the profile as it is then
  const since = doneSince(rollout);
  if (since !== undefined && isBefore(status.startedAt, since)) return false;
  return spec.operation !== "repave" || isSameState(status.profile, profile);
}

function isSameState(
  record: { uid: string; generation: number } | undefined,
  { metadata }: ProvisioningProfile,
): boolean {
  return record?.uid === metadata.uid && record.generation === metadata.generation;
}

function capacityOf({ server, node }: ServerFacts): Survey["capacity"] {
  const { state, nodeRef } = server.status;
  if (state === "error" || state === "provisioning") return "down";
  if (nodeRef === undefined) return "spare";
  const isReady = node?.status.conditions.some(({ type, status }) => type === "Ready" && status === "True");
  return isReady === true && node?.spec.unschedulable === false ? "available" : "down";
}

/** Times are written in more than one way: with and without parts of seconds. */
function isBefore(time: string, other: string): boolean {
  return Date.parse(time) < Date.parse(other);
}
