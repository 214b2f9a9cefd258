import { Server, type ServerStatus } from "../../api/v1alpha1/server.ts";
import { StargateError } from "../../lib/errors.ts";
import type { KubeClient, ObjectRef } from "../../kubernetes/client.ts";
import * as resources from "../../kubernetes/resources.ts";

/** How often a write that met another writer is tried again with what that one left. */
const WRITES = 5;

export interface ChangeOptions {
  /** The Server as it was heard of last: where that leads to a write, it is not read once more. */
  known?: Server;
  signal?: AbortSignal | undefined;
}

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
  { known, signal }: ChangeOptions = {},
): Promise<Server | undefined> {
  const read = () => client.getIfExists(resources.servers, ref, Server, signal);
  // What was only heard of decides nothing: the write is refused if it was not the last word.
  const isToWrite = known !== undefined && change(known) !== undefined;
  for (let write = 1; ; write++) {
    const server = isToWrite && write === 1 ? known : await read();
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
