import { Operation } from "../../api/v1alpha1/operation.ts";
import type { ProvisioningProfile } from "../../api/v1alpha1/provisioning-profile.ts";
import { Server, SERVER_FINALIZER } from "../../api/v1alpha1/server.ts";
import { timestamp } from "../../lib/clock.ts";
import type { ObjectRef } from "../../kubernetes/client.ts";
import * as resources from "../../kubernetes/resources.ts";
import { Node } from "../../kubernetes/schemas.ts";
import { findCondition, withCondition } from "../conditions.ts";
import { deleteToken } from "../operation/bootstrap-token.ts";
import type { Context } from "../operation/context.ts";
import { uncordon } from "../operation/cordon.ts";
import { changeServerStatus } from "../operation/server-status.ts";
import { stopOnHost } from "../operation/stop-on-host.ts";
import { decideServer, type ServerDecision, type ServerFacts } from "./decide-server.ts";

/** Says why a deletion does not happen. */
const HELD = "DeletionHeld";

export interface ServerCaches {
  node: (name: string) => Node | undefined;
  /** Profiles of the Server's namespace. */
  profilesHere: readonly ProvisioningProfile[];
}

/** Looks at one Server, and does what it asks for. */
export async function reconcileServer(
  ref: ObjectRef,
  ctx: Context,
  caches: ServerCaches,
  signal: AbortSignal,
): Promise<void> {
  // The caches are not of one moment: what they ask for is asked of the API server before it is done.
  if (decideServer(factsFromCaches(ref, ctx, caches)).kind === "nothing") return;
  const decision = decideServer(await readFacts(ref, ctx, signal));
  switch (decision.kind) {
    case "nothing":
      return;
    case "guard":
      return patchFinalizers(decision.server, ctx, (finalizers) => [...finalizers, SERVER_FINALIZER]);
    case "release":
      return patchFinalizers(decision.server, ctx, (all) => all.filter((one) => one !== SERVER_FINALIZER));
    case "hold":
      return reportHold(decision, ctx);
    case "orphaned":
      return letGo(decision, ctx, caches, signal);
  }
}

function factsFromCaches(ref: ObjectRef, ctx: Context, caches: ServerCaches): ServerFacts {
  const server = ctx.caches.server(ref);
  const { nodeRef, currentOperation } = server?.status ?? {};
  return {
    providerId: ctx.providerId,
    server,
    node: nodeRef === undefined ? undefined : caches.node(nodeRef.name),
    holder:
      currentOperation === undefined
        ? undefined
        : ctx.caches.operation({ namespace: ref.namespace, name: currentOperation.name }),
  };
}

async function readFacts(
  ref: ObjectRef,
  { client, providerId }: Context,
  signal: AbortSignal,
): Promise<ServerFacts> {
  const server = await client.getIfExists(resources.servers, ref, Server, signal);
  const { nodeRef, currentOperation } = server?.status ?? {};
  const node =
    nodeRef === undefined
      ? undefined
      : await client.getIfExists(resources.nodes, { namespace: "", name: nodeRef.name }, Node, signal);
  const holder =
    currentOperation === undefined
      ? undefined
      : await client.getIfExists(
          resources.operations,
          { namespace: ref.namespace, name: currentOperation.name },
          Operation,
          signal,
        );
  return { providerId, server, node, holder };
}

async function patchFinalizers(
  { metadata }: Server,
  { client }: Context,
  change: (finalizers: readonly string[]) => string[],
): Promise<void> {
  const { namespace, name, uid, resourceVersion } = metadata;
  const finalizers = change(metadata.finalizers);
  await client.mergePatch(
    resources.servers,
    { namespace, name },
    { metadata: { uid, resourceVersion, finalizers } },
  );
}

async function reportHold(
  { server, reason, message }: Extract<ServerDecision, { kind: "hold" }>,
  ctx: Context,
): Promise<void> {
  const { namespace, name } = server.metadata;
  const before = findCondition(server.status.conditions ?? [], HELD);
  if (before?.status === "True" && before.message === message) return;
  await changeServerStatus(ctx.client, { namespace, name }, (now) => ({
    conditions: withCondition(
      now.status.conditions ?? [],
      { type: HELD, status: "True", reason, message },
      { now: timestamp(ctx.clock), generation: now.metadata.generation },
    ),
  }));
  await ctx.events.record({ ...server, kind: "Server" }, "Warning", reason, message);
}

/** An Operation was deleted by force, or lost its finalizer: what it left is tidied up in its place. */
async function letGo(
  { server, operationUid }: Extract<ServerDecision, { kind: "orphaned" }>,
  ctx: Context,
  { profilesHere }: ServerCaches,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name } = server.metadata;
  await deleteToken(ctx.client, operationUid, signal);
  const wanted = server.spec.provisioningProfile;
  const [only, ...others] = profilesHere;
  const profile =
    profilesHere.find(({ metadata }) => metadata.name === wanted) ?? (others.length === 0 ? only : undefined);
  const outcome = await stopOnHost({ operationUid, server, profile, graceMs: 0 }, ctx, signal);
  await uncordon(ctx.client, name, operationUid, signal);
  const message = `The Operation that worked on it is gone: ${outcome}. Create another to make it a node`;
  await changeServerStatus(ctx.client, { namespace, name }, (now) => {
    if (now.status.currentOperation?.uid !== operationUid) return undefined;
    if (now.status.state !== "provisioning") return { currentOperation: null };
    const ready = { type: "Ready", status: "False", reason: "OperationGone", message } as const;
    const at = { now: timestamp(ctx.clock), generation: now.metadata.generation };
    const conditions = withCondition(now.status.conditions ?? [], ready, at);
    return { currentOperation: null, state: "error", message, conditions };
  });
  ctx.log.warn("server let go: its operation is gone", { server: name, outcome });
}
