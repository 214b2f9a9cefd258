import { Operation } from "../../api/v1alpha1/operation.ts";
import type { Server, SuccessRecord } from "../../api/v1alpha1/server.ts";
import { timestamp } from "../../lib/clock.ts";
import type { KubeClient } from "../../kubernetes/client.ts";
import { withCondition } from "../conditions.ts";
import * as resources from "../../kubernetes/resources.ts";
import type { Context } from "./context.ts";
import type { Work } from "./decide.ts";
import { hasFinalizer, isFinished, OPERATION_FINALIZER } from "./facts.ts";
import { changeServerStatus, type ChangeOfServer } from "./server-status.ts";

/**
 * Takes the Server for this Operation: writes it as status.currentOperation, only if nobody else did since `work` was
 * decided. Taking it again is fine, so a restart goes on where it was.
 * @returns false where another Operation took it first
 */
export async function takeServer({ operation, server }: Work, ctx: Context): Promise<boolean> {
  const { uid, name } = operation.metadata;
  // decide() found this hold to be nobody's (its Operation ended or is gone): only it may be taken over.
  const takeOver = server.status.currentOperation?.uid;
  if (takeOver !== undefined && takeOver !== uid && (await isAlive(server, ctx))) return false;
  let isTaken = false;
  const take = (now: Server): ReturnType<ChangeOfServer> => {
    const holder = now.status.currentOperation?.uid;
    isTaken = holder === undefined || holder === uid || holder === takeOver;
    if (!isTaken || (holder === uid && now.status.state === "provisioning")) return undefined;
    return {
      currentOperation: { uid, name },
      state: "provisioning",
      message: `The Operation "${name}" works on it`,
      observedGeneration: now.metadata.generation,
      conditions: withCondition(
        now.status.conditions ?? [],
        {
          type: "Ready",
          status: "False",
          reason: "Provisioning",
          message: `The Operation "${name}" works on it`,
        },
        { now: timestamp(ctx.clock), generation: now.metadata.generation },
      ),
    };
  };
  await changeServerStatus(ctx.client, refOf(server), take, { known: server });
  return isTaken;
}

/** True where the holder is there after all: what decide() knew of Operations may be older than what it knew of Servers. */
async function isAlive({ metadata, status }: Server, { client }: Context): Promise<boolean> {
  const { name = "", uid } = status.currentOperation ?? {};
  const holder = await client.getIfExists(
    resources.operations,
    { namespace: metadata.namespace, name },
    Operation,
  );
  return holder !== undefined && holder.metadata.uid === uid && !isFinished(holder);
}

/** A Node that a server is. */
export interface NodeRef {
  name: string;
  uid: string;
}

/** What an Operation's end makes of its Server; null takes away. */
export interface ServerResult {
  state: "ready" | "error" | "pending";
  reason: string;
  message: string;
  os?: string | null;
  nodeRef?: NodeRef | null;
  success?: SuccessRecord;
}

/** Writes the result; the Server stays held until the Operation says its own end. Not ours (any more): left alone. */
export async function reportServer(operation: Operation, ctx: Context, result: ServerResult): Promise<void> {
  await changeServerStatus(ctx.client, serverRefOf(operation), (now) => {
    if (now.status.currentOperation?.uid !== operation.metadata.uid) return undefined;
    const { state, reason, message, os, nodeRef, success } = result;
    const at = { now: timestamp(ctx.clock), generation: now.metadata.generation };
    const ready = { type: "Ready", status: state === "ready" ? "True" : "False", reason, message } as const;
    return {
      state,
      message,
      observedGeneration: now.metadata.generation,
      ...(os === undefined ? {} : { os }),
      ...(nodeRef === undefined ? {} : { nodeRef }),
      ...(success === undefined ? {} : { history: remember(now.status.history ?? [], success) }),
      conditions: withCondition(now.status.conditions ?? [], ready, at),
    };
  });
}

/** The last success of each kind. What a deprovision removed is no success any more. */
function remember(history: readonly SuccessRecord[], success: SuccessRecord): SuccessRecord[] {
  const replaced = success.operation === "deprovision" ? ["deprovision", "repave"] : [success.operation];
  return [...history.filter(({ operation }) => !replaced.includes(operation)), success];
}

/** Lets the Server go, if this Operation holds it. */
export async function letServerGo(operation: Operation, ctx: Context): Promise<void> {
  await changeServerStatus(ctx.client, serverRefOf(operation), (now) =>
    now.status.currentOperation?.uid === operation.metadata.uid ? { currentOperation: null } : undefined,
  );
}

/**
 * Keeps the Operation in the API until what it holds is given back.
 * @returns the Operation as it is then
 */
export async function ensureFinalizer(client: KubeClient, operation: Operation): Promise<Operation> {
  if (hasFinalizer(operation)) return operation;
  const finalizers = [...operation.metadata.finalizers, OPERATION_FINALIZER];
  const resourceVersion = await patchFinalizers(client, operation, finalizers);
  return { ...operation, metadata: { ...operation.metadata, finalizers, resourceVersion } };
}

export async function removeFinalizer(client: KubeClient, operation: Operation): Promise<void> {
  await patchFinalizers(
    client,
    operation,
    operation.metadata.finalizers.filter((finalizer) => finalizer !== OPERATION_FINALIZER),
  );
}

async function patchFinalizers(
  client: KubeClient,
  { metadata }: Operation,
  finalizers: string[],
): Promise<string> {
  const { name, namespace, uid, resourceVersion } = metadata;
  return client.mergePatch(
    resources.operations,
    { namespace, name },
    { metadata: { uid, resourceVersion, finalizers } },
  );
}

function serverRefOf({ metadata, spec }: Operation) {
  return { namespace: metadata.namespace, name: spec.serverRef.name };
}

function refOf({ metadata }: { metadata: { namespace: string; name: string } }) {
  return { namespace: metadata.namespace, name: metadata.name };
}
