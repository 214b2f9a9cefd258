import { Server, type ServerStatus } from "../../api/v1alpha1/server.ts";
import { StargateError } from "../../lib/errors.ts";
import type { KubeClient, ObjectRef } from "../../kubernetes/client.ts";
import * as resources from "../../kubernetes/resources.ts";

/** How often a write that met another writer is tried again with what that one left. */
const WRITES = 5;

export type ChangeOfServer = (server: Server) => Partial<Record<keyof ServerStatus, unknown>> | undefined;

/**
 * Reads the Server, lets `change` say which status fields become what (null removes one, undefined means nothing to
 * do), and writes them only if nobody wrote in between: else it begins again with what is there now. So whoever takes
 * a Server's currentOperation this way is the only one who did.
 *
 * @returns the Server as `change` saw it last, or undefined where there is none (any more)
 */
export async function changeServerStatus(
  client: KubeClient,
  ref: ObjectRef,
  change: ChangeOfServer,
  signal?: AbortSignal,
): Promise<Server | undefined> {
  for (let write = 1; ; write++) {
    const server = await client.getIfExists(resources.servers, ref, Server, signal);
    if (server === undefined) return undefined;
    const status = change(server);
    if (status === undefined) return server;
    try {
      await client.mergePatch(
        resources.servers,
        ref,
        { metadata: { resourceVersion: server.metadata.resourceVersion, uid: server.metadata.uid }, status },
        { subresource: "status", signal },
      );
      return server;
    } catch (error) {
      if (!(error instanceof StargateError)) throw error;
      if (error.reason === "ApiNotFound") return undefined;
      if (error.reason !== "ApiConflict" || write === WRITES) throw error;
    }
  }
}
