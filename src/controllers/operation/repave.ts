import { StargateError } from "../../lib/errors.ts";
import { ensureToken } from "./bootstrap-token.ts";
import { CONNECT, connectToServer } from "./connect.ts";
import { DRAIN, drain, readNode, REMOVE, removeNode } from "./node-steps.ts";
import { proveReimaged, reimage, REIMAGE_STEPS } from "./reimage.ts";
import type { Run, Success } from "./run.ts";
import { runStep } from "./run-step.ts";
import { tidyHost } from "./tidy-host.ts";
import { WAIT, waitForNewNode } from "./wait-for-ready.ts";

/** Makes the server a new node of the cluster, from whatever it was. */
export async function repave(run: Run): Promise<Success> {
  const outline = run.ctx.bootstrap.outline(run.work);
  if (run.work.operation.spec.mode === "reimage") {
    run.writer.listSteps([...REIMAGE_STEPS, CONNECT, ...outline, WAIT]);
    return bootstrap(await reimage(run));
  }
  const preparations = outline.filter(({ isPreparation }) => isPreparation);
  const changes = outline.filter(({ isPreparation }) => !isPreparation);
  run.writer.listSteps([
    ...[CONNECT, ...preparations, DRAIN],
    ...[...changes.slice(0, -1), REMOVE, ...changes.slice(-1), WAIT],
  ]);
  return bootstrap(run);
}

async function bootstrap(run: Run): Promise<Success> {
  const { work, ctx, writer, signal } = run;
  const isReimaged = work.operation.spec.mode === "reimage";
  await using host = await runStep(CONNECT, run, () => connectToServer(run));
  if (isReimaged) await proveReimaged(run, host);
  const { uid, namespace, name } = work.operation.metadata;
  const token = await ensureToken(ctx.client, { uid, namespace, name }, run.deadline, signal);
  const steps = ctx.bootstrap.steps({ work, host, controlPlane: ctx.controlPlane, token });
  const firstChange = steps.find(({ isPreparation }) => !isPreparation);
  for (const step of steps) {
    // What can be found out or brought beforehand is: pods leave only for a repave that has a prospect.
    if (step === firstChange && !isReimaged) await runStep(DRAIN, run, (onLine) => drain(run, onLine));
    if (step === steps.at(-1)) {
      await writer.update({}, bootstrapped());
      // Between the old kubelet's end and the new one's beginning: earlier it would register again, later kubeadm
      // would refuse to join under a name that is taken.
      if (isReimaged) await makeRoom(run, step.name);
      else await runStep(REMOVE, run, () => makeRoom(run, step.name));
    }
    await runStep(step, run, (onLine) => step.run({ signal, onLine }));
  }
  const nodeRef = await runStep(WAIT, run, () => waitForNewNode(run, host));
  await tidyHost(run, host);
  const minor = /^1\.\d+/.exec(work.kubernetesVersion)?.[0] ?? work.kubernetesVersion;
  const message = `Bootstrap completed successfully: node ${nodeRef.name} is Ready`;
  return {
    reason: "NodeReady",
    message,
    server: { state: "ready", reason: "NodeReady", message, os: `k8s-${minor}`, nodeRef },
  };
}

/** Removes the Node of before, and makes sure that the name is nobody else's. */
async function makeRoom(run: Run, joinStep: string): Promise<"done" | "skipped"> {
  const outcome = await removeNode(run);
  if (outcome === "done") return outcome;
  const node = await readNode(run);
  // An earlier run of ours joined it.
  if (node === undefined || (run.writer.step(joinStep)?.attempts ?? 0) > 0) return "skipped";
  const { name } = node.metadata;
  throw new StargateError(
    "NodeNameTaken",
    `Cannot join as ${name}: a Node of this name appeared that this Operation did not make`,
    {
      remedy: `Find out which host registers as ${name}, stop it, delete the Node, and create a new Operation.`,
    },
  );
}

function bootstrapped() {
  return {
    type: "Bootstrapped",
    status: "True",
    reason: "HostPrepared",
    message: "the container runtime, kubelet and kubeadm are installed, and nothing of before is left",
  } as const;
}
