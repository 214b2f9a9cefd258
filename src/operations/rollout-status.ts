import { Operation } from "../api/v1alpha1/operation.ts";
import { REVISION_LABEL, Rollout, ROLLOUT_LABEL } from "../api/v1alpha1/rollout.ts";
import { Informer } from "../controller-runtime/informer.ts";
import type { KubeClient } from "../kubernetes/client.ts";
import { objectSource } from "../kubernetes/object-source.ts";
import * as resources from "../kubernetes/resources.ts";
import { StargateError } from "../lib/errors.ts";
import type { World } from "../lib/world.ts";
import { describeRollout, rolloutOutcome } from "./describe-rollout.ts";

export interface RolloutStatusRequest {
  client: KubeClient;
  namespace: string;
  name: string;
  /** Follow it until it is complete or cannot go on. */
  wait: boolean;
}

/**
 * Prints how far a Rollout is; with `wait`, every time that changes, until it ends.
 * @throws StargateError RolloutStalled where it cannot go on; RolloutNotFound
 */
export async function showRolloutStatus(request: RolloutStatusRequest, world: World): Promise<void> {
  const { client, namespace, name, wait } = request;
  const now = await client.getIfExists(resources.rollouts, { namespace, name }, Rollout, world.signal);
  if (now === undefined) throw notFound(request);
  const last = wait ? await follow(request, world) : now;
  world.print(describeRollout(last, await readFailures(request, last, world.signal)).join("\n"));
  if (!wait || rolloutOutcome(last) === "complete") return;
  throw new StargateError(
    "RolloutStalled",
    `Rollout "${name}" does not go on: ${last.status.message ?? ""}`,
    {
      remedy: "It goes on by itself when what is in its way is mended.",
    },
  );
}

/** The Rollout as it was in the end. Says meanwhile what changes. */
async function follow(
  request: RolloutStatusRequest,
  { signal, log, clock, progress }: World,
): Promise<Rollout> {
  const { client, namespace, name } = request;
  const informer = new Informer<Rollout>({
    name: "rollouts",
    source: objectSource(client, resources.rollouts, Rollout, { log, namespace }),
    log,
    clock,
  });
  const end = Promise.withResolvers<Rollout>();
  let said: string | undefined;
  informer.onChange(({ type, object }) => {
    if (object.metadata.name !== name) return;
    if (type === "deleted") return end.reject(notFound(request));
    const { phase = "Pending", message = "no controller has looked at it yet" } = object.status;
    const line = `${name}: ${phase}: ${message}`;
    if (line !== said) progress.say(line);
    said = line;
    if (rolloutOutcome(object) !== undefined) end.resolve(object);
  });
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  both.addEventListener("abort", () => end.reject(signal.reason), { once: true });
  const running = informer.run(both);
  try {
    return await end.promise;
  } finally {
    stop.abort();
    await running;
  }
}

async function readFailures(
  { client, namespace, name }: RolloutStatusRequest,
  { status }: Rollout,
  signal: AbortSignal,
): Promise<Operation[]> {
  if ((status.counts?.failed ?? 0) === 0) return [];
  const labelSelector = `${ROLLOUT_LABEL}=${name},${REVISION_LABEL}=${status.revision ?? ""}`;
  const { items } = await client.list(resources.operations, Operation, { namespace, labelSelector, signal });
  return items.filter((operation) => operation.status.phase === "Failed");
}

function notFound({ name, namespace }: RolloutStatusRequest): StargateError {
  return new StargateError("RolloutNotFound", `There is no Rollout "${name}" in namespace "${namespace}"`, {
    remedy: "Look what there is: kubectl get rollouts -A.",
  });
}
