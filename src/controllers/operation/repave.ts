import { StargateError } from "../../lib/errors.ts";
import type { Host } from "../../remote/host.ts";
import * as resources from "../../kubernetes/resources.ts";
import { Node } from "../../kubernetes/schemas.ts";
import { bootstrapUserOf, ensureToken } from "./bootstrap-token.ts";
import { CertificateSigningRequest, isJoinOf, KUBELET_CLIENT_SIGNER } from "./certificate-request.ts";
import { connectToServer } from "./connect.ts";
import type { Context } from "./context.ts";
import type { Work } from "./decide.ts";
import { drainNode } from "./drain-node.ts";
import { waitForNode } from "./node-watch.ts";
import { proveNode } from "./prove-node.ts";
import { changeServerStatus } from "./server-status.ts";
import type { StatusWriter } from "./status-writer.ts";
import { runStep } from "./run-step.ts";
import { readIdentity } from "./worker.ts";

const CONNECT = { name: "connect", title: "Connect to the server" };
const DRAIN = { name: "drain-node", title: "Move pods off the node it was" };
const REMOVE = { name: "remove-node", title: "Remove the node it was" };
const WAIT = { name: "wait-for-node", title: "Wait until the node is Ready" };

/** The Node that the server became. */
export interface NodeRef {
  name: string;
  uid: string;
}

/** One run of an Operation: the Work, where its status goes, and when to stop (which leaves the host as it is). */
export interface Run {
  work: Work;
  ctx: Context;
  writer: StatusWriter;
  signal: AbortSignal;
  /** The token outlives the run, and not by much. */
  tokenExpiresAt: Date;
}

/**
 * Makes the server a new node of the cluster, from whatever it was. May be run again at any point: what an earlier run
 * finished is found finished.
 * @throws StargateError retriable where the next run may get further
 */
export async function repave(run: Run): Promise<NodeRef> {
  const { work, ctx, writer, signal } = run;
  const outline = ctx.bootstrap.outline(work);
  const join = outline.at(-1);
  await writer.listSteps([
    CONNECT,
    DRAIN,
    ...outline.slice(0, -1),
    REMOVE,
    ...(join === undefined ? [] : [join]),
    WAIT,
  ]);

  await using host = await runStep(CONNECT, run, () => connectToServer(run));
  await runStep(DRAIN, run, (onLine) => drain(run, onLine));
  const { uid, namespace, name } = work.operation.metadata;
  const token = await ensureToken(ctx.client, { uid, namespace, name }, run.tokenExpiresAt, signal);
  const steps = ctx.bootstrap.steps({ work, host, controlPlane: ctx.controlPlane, token });
  for (const step of steps) {
    if (step === steps.at(-1)) {
      await writer.update({}, bootstrapped());
      // Between the old kubelet's end and the new one's beginning: earlier it would register again, later kubeadm
      // would refuse to join under a name that is taken.
      await runStep(REMOVE, run, () => removeNode(run, step.name));
    }
    await runStep(step, run, (onLine) => step.run({ signal, onLine }));
  }
  return runStep(WAIT, run, () => waitForReady(run, host));
}

/** Moves pods away, and remembers which Node this Operation replaces before anything is changed. */
async function drain(
  { work, ctx, writer, signal }: Run,
  onLine: (line: string) => void,
): Promise<"done" | "skipped"> {
  const node = await readNode(ctx, work, signal);
  const earlier = writer.step(DRAIN.name);
  const isKnown = earlier?.state === "Succeeded" || earlier?.state === "Skipped";
  if (!isKnown && node !== undefined) await writer.update({ previousNodeUid: node.metadata.uid });
  if (node === undefined || node.metadata.uid !== writer.status.previousNodeUid) return "skipped";
  await drainNode(ctx.client, node, { clock: ctx.clock, timeoutMs: ctx.limits.drainMs, signal, onLine });
  return "done";
}

async function removeNode({ work, ctx, writer, signal }: Run, joinStep: string): Promise<"done" | "skipped"> {
  const node = await readNode(ctx, work, signal);
  if (node === undefined) return "skipped";
  const { name, uid } = node.metadata;
  if (uid === writer.status.previousNodeUid) {
    await ctx.client.delete(resources.nodes, { namespace: "", name }, { uid, signal });
    const { namespace } = work.server.metadata;
    await changeServerStatus(
      ctx.client,
      { namespace, name: work.server.metadata.name },
      () => ({ nodeRef: null, os: null }),
      signal,
    );
    return "done";
  }
  if ((writer.step(joinStep)?.attempts ?? 0) > 0) return "skipped"; // an earlier run of ours joined it
  throw new StargateError(
    "NodeNameTaken",
    `Cannot join as ${name}: a Node of this name appeared that this Operation did not make`,
    {
      remedy: `Find out which host registers as ${name}, stop it, delete the Node, and create a new Operation.`,
    },
  );
}

async function waitForReady(run: Run, host: Host): Promise<NodeRef> {
  const { work, ctx, writer, signal } = run;
  const nodeName = work.server.metadata.name;
  const identity = await readIdentity(host, signal);
  let seenJoinOf: string | undefined;
  return waitForNode(
    ctx.nodes,
    nodeName,
    async (node) => {
      if (node !== undefined && seenJoinOf !== node.metadata.uid && (await sawJoin(run))) {
        seenJoinOf = node.metadata.uid;
      }
      const proof = proveNode(node, {
        identity,
        previousNodeUid: writer.status.previousNodeUid,
        startedAtMs: Date.parse(writer.status.startedAt ?? writer.now),
        joinedWithOurToken: node !== undefined && seenJoinOf === node.metadata.uid,
      });
      if (proof.kind === "impostor") {
        throw new StargateError("NodeIdentityMismatch", `Cannot accept Node ${nodeName}: ${proof.message}`, {
          remedy: `Another host registers as ${nodeName}: stop it, delete the Node, and create a new Operation.`,
        });
      }
      if (proof.kind !== "joined" && proof.kind !== "ready") {
        await writer.updateStep(WAIT.name, {
          message: proof.kind === "absent" ? `no Node ${nodeName} yet` : proof.message,
        });
        return undefined;
      }
      const ref = { name: nodeName, uid: node?.metadata.uid ?? "" };
      await reportJoined(run, ref, proof);
      return proof.kind === "ready" ? ref : undefined;
    },
    signal,
  );
}

async function reportJoined(
  { work, ctx, writer, signal }: Run,
  ref: NodeRef,
  proof: { kind: "joined" | "ready"; message: string },
): Promise<void> {
  const isReady = proof.kind === "ready";
  if (writer.condition("Joined")?.status !== "True") {
    const { namespace, name } = work.server.metadata;
    await changeServerStatus(ctx.client, { namespace, name }, () => ({ nodeRef: ref }), signal);
  }
  await writer.updateStep(WAIT.name, { message: proof.message });
  await writer.update(
    {},
    {
      type: "Joined",
      status: "True",
      reason: "NodeProven",
      message: `Node ${ref.name} is this very host, and joined with this Operation's token`,
    },
    {
      type: "Ready",
      status: isReady ? "True" : "False",
      reason: isReady ? "NodeReady" : "NodeNotReady",
      message: proof.message,
    },
  );
}

async function sawJoin({ work, ctx, signal }: Run): Promise<boolean> {
  const join = {
    username: bootstrapUserOf(work.operation.metadata.uid),
    nodeName: work.server.metadata.name,
  };
  const { items } = await ctx.client.list(resources.certificateSigningRequests, CertificateSigningRequest, {
    fieldSelector: `spec.signerName=${KUBELET_CLIENT_SIGNER}`,
    signal,
  });
  return items.some((request) => isJoinOf(request, join));
}

async function readNode(ctx: Context, work: Work, signal: AbortSignal): Promise<Node | undefined> {
  const ref = { namespace: "", name: work.server.metadata.name };
  return ctx.client.getIfExists(resources.nodes, ref, Node, signal);
}

function bootstrapped() {
  return {
    type: "Bootstrapped",
    status: "True",
    reason: "HostPrepared",
    message: "the container runtime, kubelet and kubeadm are installed, and nothing of before is left",
  } as const;
}
