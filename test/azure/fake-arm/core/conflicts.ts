import type { Answer } from "./answer.ts";
import type { Arm } from "./arm.ts";
import { ArmError, networkError } from "./arm-error.ts";
import type { Kind } from "./kind.ts";
import { acceptedHeaders } from "./operation-answers.ts";
import type { Operation } from "./operations.ts";
import type { Resource } from "./store.ts";

const WAIT_MS = 10_000;

/**
 * Two writes to one virtual network, security group or route table at a time: Azure refuses the second either at once,
 * or after it was accepted, as a failed operation. Which of the two, nobody can foretell: the seed decides here.
 */
export function refuseSecondWrite(
  arm: Arm,
  kind: Kind,
  location: string,
  running: Operation,
  accepted: Answer = { status: 202 },
): Answer {
  if (kind.owner === "Microsoft.Compute") {
    throw new ArmError(
      409,
      "Conflict",
      "The request failed due to conflict with a concurrent request. To resolve it, please refer to https://aka.ms/activitylog to get more details on the conflicting requests.",
    );
  }
  if (arm.random.chance(0.5)) throw anotherOperation(arm, running, comeBackLater(arm));
  const operation = arm.operations.start({
    owner: kind.owner,
    location,
    title: kind.title,
    durationMs: 1_000,
    writes: [],
    failure: anotherOperation(arm, running, {}),
    finish: () => undefined,
  });
  const how = accepted.status === 202 ? "async and location" : "async";
  return { ...accepted, headers: acceptedHeaders(arm, operation, how) };
}

function anotherOperation(arm: Arm, running: Operation, headers: Record<string, string>): ArmError {
  const uri = `${arm.endpoint}/subscriptions/${arm.settings.subscriptionId}/providers/${running.owner}/locations/${running.location}/operations/${running.id}?api-version=2026-01-01`;
  return new ArmError(
    429,
    "AnotherOperationInProgress",
    `Another operation on this or dependent resource is in progress. To retrieve status of the operation use uri: ${uri}.`,
    { details: [], headers },
  );
}

/**
 * What is referred to must be finished: an address that is still being made cannot be given to an interface. Azure has
 * two ways of saying so; the seed decides.
 */
export function requireProvisioned(arm: Arm, user: string, referred: Resource): void {
  const running = arm.operations.writing(referred.id);
  if (running === undefined) return;
  const code = "ReferencedResourceNotProvisioned";
  const message = `Cannot proceed with operation because resource ${referred.id} used by resource ${user} is not in Succeeded state. Resource is in ${referred.state} state and the last operation that updated/is updating the resource is ${running.title}.`;
  if (arm.random.chance(0.5)) throw networkError(400, code, message);
  throw new ArmError(429, "RetryableError", "A retryable error occurred.", {
    details: [{ code, message }],
    headers: comeBackLater(arm),
  });
}

/** Retry-After of a 429, which the client obeys: that time will have passed. */
export function comeBackLater(arm: Arm, ms = WAIT_MS): Record<string, string> {
  arm.clock.toldToWait(ms);
  return { "retry-after": String(Math.floor(arm.clock.toRealMs(ms) / 1000)) };
}

/** The resource a body refers to, which must exist, in the same location. */
export function requireReferred(
  arm: Arm,
  user: { id: string; location: string | undefined },
  id: string,
): Resource {
  const referred = arm.store.get(id);
  const isElsewhere =
    referred?.location !== undefined && user.location !== undefined && referred.location !== user.location;
  if (referred === undefined || isElsewhere || referred.state === "Deleting") {
    throw networkError(
      400,
      "InvalidResourceReference",
      `Resource ${id} referenced by resource ${user.id} was not found. Please make sure that the referenced resource exists, and that both resources are in the same region.`,
    );
  }
  return referred;
}
