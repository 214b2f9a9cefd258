import * as resources from "../../kubernetes/resources.ts";
import { Node } from "../../kubernetes/schemas.ts";
import { StargateError } from "../../lib/errors.ts";
import { parseDurationMs } from "../../lib/duration.ts";
import { cordon, uncordon } from "./cordon.ts";
import { drainNode } from "./drain-node.ts";
import type { Run } from "./run.ts";
import { changeServerStatus } from "./server-status.ts";

export const DRAIN = { name: "drain-node", title: "Move pods off the node" };
export const REMOVE = { name: "remove-node", title: "Remove the node it was" };
export const UNCORDON = { name: "uncordon-node", title: "Let pods onto the node again" };

type Outcome = "done" | "skipped";

/** The Node of the Operation's Server as the API server has it now. */
export async function readNode({
  work,
  ctx,
  signal,
}: Pick<Run, "work" | "ctx" | "signal">): Promise<Node | undefined> {
  const ref = { namespace: "", name: work.server.metadata.name };
  return ctx.client.getIfExists(resources.nodes, ref, Node, signal);
}

/** Moves pods away, and remembers which Node the server was before anything is changed. Done once is done. */
export async function drain(run: Run, onLine: (line: string) => void): Promise<Outcome> {
  const { work, ctx, writer, signal } = run;
  const earlier = writer.step(DRAIN.name)?.state;
  if (earlier === "Succeeded" || earlier === "Skipped") return "skipped";
  const node = await readNode(run);
  if (node === undefined) {
    await writer.update({}, drained("NoNode", `There is no Node ${work.server.metadata.name}`));
    return "skipped";
  }
  await writer.update({ previousNodeUid: node.metadata.uid });
  const { drain: options, force } = work.operation.spec;
  await cordon(ctx.client, node, work.operation.metadata.uid, signal);
  try {
    const forced = await drainNode(ctx.client, node.metadata.name, {
      clock: ctx.clock,
      timeoutMs: parseDurationMs(options.timeout),
      gracePeriodSeconds: options.gracePeriodSeconds,
      force,
      signal,
      onLine,
    });
    const by = forced.length === 0 ? "" : `; by force: ${forced.join(", ")}`;
    await writer.update({}, drained("Drained", `Every pod that had to leave is gone${by}`));
    return "done";
  } catch (error) {
    if (!signal.aborted && error instanceof StargateError && error.reason === "DrainTimeout") {
      const { reason, message } = error;
      await writer.update({}, { type: "Drained", status: "False", reason, message });
    }
    throw error;
  }
}

/** Deletes the Node that the server was, and no other. */
export async function removeNode(run: Run): Promise<Outcome> {
  const { work, ctx, writer, signal } = run;
  const node = await readNode(run);
  if (node === undefined || node.metadata.uid !== writer.status.previousNodeUid) return "skipped";
  const { name, uid } = node.metadata;
  await ctx.client.delete(resources.nodes, { namespace: "", name }, { uid, signal });
  const { namespace, name: server } = work.server.metadata;
  await changeServerStatus(ctx.client, { namespace, name: server }, () => ({ nodeRef: null, os: null }), {
    signal,
  });
  return "done";
}

/** Takes back what drain() did to the Node, if this Operation did it. */
export async function letPodsIn({
  work,
  ctx,
  signal,
}: Pick<Run, "work" | "ctx" | "signal">): Promise<Outcome> {
  return (await uncordon(ctx.client, work.server.metadata.name, work.operation.metadata.uid, signal))
    ? "done"
    : "skipped";
}

function drained(reason: string, message: string) {
  return { type: "Drained", status: "True", reason, message } as const;
}
