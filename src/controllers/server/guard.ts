import type { Operation } from "../../api/v1alpha1/operation.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
import { createController, done, watching, type Controller } from "../../controller-runtime/controller.ts";
import type { Change } from "../../controller-runtime/informer.ts";
import type { ControllerMetrics } from "../../controller-runtime/metrics.ts";
import type { ObjectKey } from "../../controller-runtime/object-key.ts";
import type { Node } from "../../kubernetes/schemas.ts";
import type { Context } from "../operation/context.ts";
import { hasFinalizer, isFinished } from "../operation/facts.ts";
import type { Informers } from "../operation/informers.ts";
import { reconcileServer } from "./reconcile-server.ts";

/** The controller of Servers: none vanishes while its Node lives, and none stays held by what is no more. */
export function createServerGuard(
  ctx: Context,
  { servers, operations, nodes, profiles }: Informers,
  metrics?: ControllerMetrics,
): Controller {
  const serversOf = ({ object, type }: Change<Node>): ObjectKey[] =>
    type === "updated"
      ? []
      : servers
          .list()
          .filter(({ status }) => status.nodeRef?.name === object.metadata.name)
          .map(keyOf);
  return createController({
    name: "server",
    triggers: [
      watching(servers, ({ object }) => [keyOf(object)]),
      watching(operations, (change) => (isNews(change) ? [serverOf(change.object)] : [])),
      watching(nodes, serversOf),
      watching(profiles, () => []), // only to be there: how to log in where an Operation is gone
    ],
    async reconcile(key, signal) {
      const profilesHere = profiles.list({ namespace: key.namespace });
      await reconcileServer(
        key,
        ctx,
        { node: (name) => nodes.get({ namespace: "", name }), profilesHere },
        signal,
      );
      return done;
    },
    log: ctx.log,
    concurrency: 4,
    clock: ctx.clock,
    ...(metrics === undefined ? {} : { metrics }),
  });
}

/** Of what an Operation says of itself, only its end matters here. */
function isNews(change: Change<Operation>): boolean {
  if (change.type !== "updated") return true;
  const { before, object } = change;
  return isFinished(before) !== isFinished(object) || hasFinalizer(before) !== hasFinalizer(object);
}

function serverOf({ metadata, spec }: Operation): ObjectKey {
  return { namespace: metadata.namespace, name: spec.serverRef.name };
}

function keyOf({ metadata }: Server): ObjectKey {
  return { namespace: metadata.namespace, name: metadata.name };
}
