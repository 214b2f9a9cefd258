import { Server } from "../../api/v1alpha1/server.ts";
import { StargateError } from "../../lib/errors.ts";
import * as resources from "../../kubernetes/resources.ts";
import type { Host } from "../../remote/host.ts";
import { parseHostKey } from "../../remote/host-key.ts";
import type { ReimageRequest, ServerReimager } from "./context.ts";
import { DRAIN, drain, readNode, REMOVE, removeNode } from "./node-steps.ts";
import type { Run } from "./run.ts";
import { runStep } from "./run-step.ts";
import { readIdentity } from "./worker.ts";

const PREPARE = { name: "prepare-reimage", title: "See to it that the server can have a fresh disk" };
const REIMAGE = { name: "reimage-server", title: "Give the server a fresh disk" };

/** What comes before a reimaged server is contacted for the first time, in order. */
export const REIMAGE_STEPS = [PREPARE, DRAIN, REIMAGE, REMOVE];

/**
 * Has the server's provider give it a fresh disk, once pods have left. Nothing is asked of the server itself, which may
 * be broken or not answer at all. The Node goes only when the system that it was is surely gone: until then a kubelet
 * could register it again, and what ran there would still run.
 * @returns the Run of a server that answers with its new host key
 */
export async function reimage(run: Run): Promise<Run> {
  const { work, ctx, signal } = run;
  const reimager = ctx.reimager ?? refuse(run);
  const request: ReimageRequest = {
    server: work.server,
    profile: work.profile,
    operationUid: work.operation.metadata.uid,
  };
  await runStep(PREPARE, run, (onLine) => reimager.prepare(request, { onLine, signal }));
  await runStep(DRAIN, run, (onLine) => drain(run, onLine));
  const hostKey = await runStep(REIMAGE, run, (onLine) => freshDisk(run, reimager, request, onLine));
  await runStep(REMOVE, run, () => removeNode(run));
  const server: Server = { ...work.server, spec: { ...work.server.spec, hostKey } };
  return { ...run, work: { ...work, server } };
}

/** The new host key alone proves nothing of what booted: that what answers has booted since does. */
export async function proveReimaged({ work, writer, signal }: Run, host: Host): Promise<void> {
  const { bootId } = await readIdentity(host, signal);
  const isFresh = bootId !== writer.status.previousBootId;
  const fingerprint = parseHostKey(host.name, work.server.spec.hostKey ?? "").fingerprint;
  await writer.update(
    {},
    {
      type: "Reimaged",
      status: isFresh ? "True" : "False",
      reason: isFresh ? "FreshDisk" : "StillTheOldSystem",
      message: isFresh
        ? `it answers from a fresh disk, with host key ${fingerprint}`
        : "it has not booted since this Operation began",
    },
  );
  if (isFresh) return;
  throw new StargateError("StillTheOldSystem", `Cannot go on with ${host.name}: it has not booted since`, {
    remedy: "Its provider says that it has a fresh disk: see there what became of it.",
  });
}

async function freshDisk(
  run: Run,
  reimager: ServerReimager,
  request: ReimageRequest,
  onLine: (line: string) => void,
): Promise<string> {
  const { ctx, writer, signal } = run;
  if (writer.status.previousBootId === undefined) {
    const bootId = (await readNode(run))?.status.nodeInfo?.bootID ?? "";
    await writer.update({ previousBootId: bootId === "" ? "unknown" : bootId });
  }
  let pinned: string | undefined;
  await reimager.reimage(request, {
    pin: async (hostKey) => {
      await pinHostKey(request.server, hostKey, ctx, signal);
      pinned = hostKey;
    },
    onLine,
    signal,
  });
  if (pinned === undefined) throw new Error("a provider must say which host key a fresh disk has");
  return pinned;
}

/** From here on, contact with any other key is refused. */
async function pinHostKey(
  { metadata: { namespace, name, uid } }: Server,
  hostKey: string,
  { client }: Run["ctx"],
  signal: AbortSignal,
): Promise<void> {
  const ref = { namespace, name };
  const now = await client.get(resources.servers, ref, Server, signal);
  if (now.spec.hostKey === hostKey) return;
  await client.mergePatch(resources.servers, ref, { metadata: { uid }, spec: { hostKey } }, { signal });
}

function refuse({ ctx }: Run): never {
  throw new StargateError(
    "ReimageUnsupported",
    `Cannot reimage: provider ${ctx.providerId} has no such thing`,
    {
      remedy: "Create an Operation with mode inplace.",
    },
  );
}
