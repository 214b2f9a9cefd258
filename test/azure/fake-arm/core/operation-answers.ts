import type { Answer, Call } from "./answer.ts";
import type { Arm } from "./arm.ts";
import { ArmError } from "./arm-error.ts";
import { isoTime } from "./clock.ts";
import { compact, type Json } from "./json.ts";
import type { Operation } from "./operations.ts";

/** How long Azure asks clients to wait between two looks. */
const POLL_MS = { "Microsoft.Network": 3_000, "Microsoft.Compute": 5_000, "Microsoft.Resources": 15_000 };

/** Headers of the answer that accepts an operation. */
export function acceptedHeaders(
  arm: Arm,
  operation: Operation,
  how: "async" | "async and location" | "location",
): Record<string, string> {
  const { asyncUrl, locationUrl } = urlsOf(arm, operation);
  return {
    "retry-after": retryAfter(arm, operation),
    ...(how === "location" ? {} : { "azure-asyncoperation": asyncUrl }),
    ...(how === "async" ? {} : { location: locationUrl }),
    ...(operation.owner === "Microsoft.Network" ? { "azure-asyncnotification": "Enabled" } : {}),
  };
}

function urlsOf(arm: Arm, { owner, location, id }: Operation): { asyncUrl: string; locationUrl: string } {
  const subscription = `${arm.endpoint}/subscriptions/${arm.settings.subscriptionId}`;
  const at = `${subscription}/providers/${owner}/locations/${location}`;
  switch (owner) {
    case "Microsoft.Network":
      return {
        asyncUrl: `${at}/operations/${id}?api-version=2026-01-01`,
        locationUrl: `${at}/operationResults/${id}?api-version=2026-01-01`,
      };
    case "Microsoft.Compute": {
      const page = `${at}/operations/${id}?p=${arm.settings.subscriptionId}`;
      return {
        asyncUrl: `${page}&api-version=2026-04-01`,
        locationUrl: `${page}&monitor=true&api-version=2026-04-01`,
      };
    }
    case "Microsoft.Resources": {
      const url = `${subscription}/operationresults/${id}?api-version=2025-04-01`;
      return { asyncUrl: url, locationUrl: url };
    }
  }
}

/** In whole seconds of the client's time: 0 where the fake's time is much faster. */
function retryAfter(arm: Arm, { owner }: Operation): string {
  return String(Math.floor(arm.clock.toRealMs(POLL_MS[owner]) / 1000));
}

/** Answers a look at an operation by its Azure-AsyncOperation address. */
export function showOperation(arm: Arm, id: string): Answer {
  const operation = find(arm, id);
  const failure = operation.failure;
  const isRunning = operation.status === "InProgress";
  if (isRunning) arm.clock.toldToWait(POLL_MS[operation.owner]);
  const body = compact({
    ...(operation.owner === "Microsoft.Network" ? {} : timesOf(operation)),
    status: operation.status,
    name: operation.owner === "Microsoft.Network" ? undefined : operation.id,
    properties:
      operation.owner === "Microsoft.Compute" && operation.result !== undefined
        ? { output: operation.result }
        : undefined,
    error: isRunning ? undefined : failure?.toJson(),
  });
  return { status: 200, body, headers: isRunning ? { "retry-after": retryAfter(arm, operation) } : {} };
}

function timesOf({ startedAt, endedAt }: Operation): Record<string, Json | undefined> {
  return { startTime: isoTime(startedAt), endTime: endedAt === undefined ? undefined : isoTime(endedAt) };
}

/** Answers a look at an operation by its Location address: 202 while it runs, then what it ended with. */
export function showOperationResult(arm: Arm, id: string): Answer {
  const operation = find(arm, id);
  if (operation.status === "InProgress") {
    arm.clock.toldToWait(POLL_MS[operation.owner]);
    return { status: 202, headers: acceptedHeaders(arm, operation, "location") };
  }
  if (operation.failure !== undefined) throw operation.failure;
  if (operation.result !== undefined) return { status: 200, body: operation.result };
  return { status: operation.owner === "Microsoft.Network" ? 204 : 200 };
}

/** The two addresses of Microsoft.Compute differ in a parameter only. */
export function showComputeOperation(arm: Arm, id: string, call: Call): Answer {
  return call.query.get("monitor") === "true" ? showOperationResult(arm, id) : showOperation(arm, id);
}

function find(arm: Arm, id: string): Operation {
  const operation = arm.operations.find(id);
  if (operation === undefined) {
    throw new ArmError(404, "OperationNotFound", `The operation '${id}' could not be found.`);
  }
  return operation;
}
