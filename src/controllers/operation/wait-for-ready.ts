import { StargateError } from "../../lib/errors.ts";
import type { Host } from "../../remote/host.ts";
import * as resources from "../../kubernetes/resources.ts";
import { bootstrapUserOf } from "./bootstrap-token.ts";
import { CertificateSigningRequest, isJoinOf, KUBELET_CLIENT_SIGNER } from "./certificate-request.ts";
import type { NodeRef } from "./hold.ts";
import { waitForNode } from "./node-watch.ts";
import { proveNode, type Proof } from "./prove-node.ts";
import type { Run } from "./run.ts";
import { changeServerStatus } from "./server-status.ts";
import { readIdentity } from "./worker.ts";

export const WAIT = { name: "wait-for-node", title: "Wait until the node is Ready" };

/** Waits until the Node that this Operation made is Ready, having proved that it is this very host. */
export async function waitForNewNode(run: Run, host: Host): Promise<NodeRef> {
  const { writer, signal } = run;
  const identity = await readIdentity(host, signal);
  let seenJoinOf: string | undefined;
  return waitForProof(run, async (node) => {
    if (node !== undefined && seenJoinOf !== node.metadata.uid && (await sawJoin(run))) {
      seenJoinOf = node.metadata.uid;
    }
    return proveNode(node, {
      identity,
      previousNodeUid: writer.status.previousNodeUid,
      createdAtMs: Date.parse(run.work.operation.metadata.creationTimestamp),
      joinedWithOurToken: node !== undefined && seenJoinOf === node.metadata.uid,
    });
  });
}

/** Waits until the Node that the server is anyway is Ready again after a restart: as this host, with its new boot id. */
export async function waitForNodeAgain(run: Run, host: Host): Promise<NodeRef> {
  const identity = await readIdentity(host, run.signal);
  const expected = { identity, previousNodeUid: undefined, createdAtMs: 0, joinedWithOurToken: true };
  return waitForProof(run, async (node) => {
    // Until the kubelet has reported, the Node tells of the boot before.
    const isOld = node?.status.nodeInfo?.bootID === run.writer.status.previousBootId;
    const proof: Proof = isOld
      ? { kind: "unproven", message: "the kubelet has not reported since the restart" }
      : proveNode(node, expected);
    return Promise.resolve(proof);
  });
}

async function waitForProof(
  run: Run,
  prove: (node: Parameters<typeof proveNode>[0]) => Promise<Proof>,
): Promise<NodeRef> {
  const { work, ctx, writer, signal } = run;
  const name = work.server.metadata.name;
  return waitForNode(
    ctx.nodes,
    name,
    async (node) => {
      const proof = await prove(node);
      if (proof.kind === "impostor") {
        throw new StargateError("NodeIdentityMismatch", `Cannot accept Node ${name}: ${proof.message}`, {
          remedy: `Another host registers as ${name}: stop it, delete the Node, and create a new Operation.`,
        });
      }
      if (node === undefined || (proof.kind !== "joined" && proof.kind !== "ready")) {
        const message = proof.kind === "absent" ? `no Node ${name} yet` : proof.message;
        await writer.updateStep(WAIT.name, { message });
        return undefined;
      }
      const ref = { name, uid: node.metadata.uid };
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
    await changeServerStatus(ctx.client, { namespace, name }, () => ({ nodeRef: ref }), { signal });
  }
  await writer.updateStep(WAIT.name, { message: proof.message });
  await writer.update(
    {},
    {
      type: "Joined",
      status: "True",
      reason: "NodeProven",
      message:
        work.operation.spec.operation === "repave"
          ? `Node ${ref.name} is this very host, and joined with this Operation's token`
          : `Node ${ref.name} is this very host`,
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
