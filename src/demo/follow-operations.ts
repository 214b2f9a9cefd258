import { Operation } from "../api/v1alpha1/operation.ts";
import { Informer } from "../controller-runtime/informer.ts";
import type { KubeClient } from "../kubernetes/client.ts";
import { objectSource } from "../kubernetes/object-source.ts";
import * as resources from "../kubernetes/resources.ts";
import { readRunningPid } from "../lib/background.ts";
import { StargateError } from "../lib/errors.ts";
import type { World } from "../lib/world.ts";
import { DEMO } from "./demo-names.ts";
import { describeChanges } from "./describe-changes.ts";
import type { ControllerPlace } from "./start-controller.ts";

const LOOK_AT_CONTROLLER_MS = 2_000;

/**
 * Shows what Operations do, as it happens, until all of them have succeeded.
 * @throws StargateError OperationFailed for the first that fails; ControllerEnded when nobody works on them any more
 */
export async function followOperations(
  client: KubeClient,
  names: readonly string[],
  controller: ControllerPlace,
  { progress, signal, log, clock }: World,
): Promise<void> {
  const informer = new Informer<Operation>({
    name: "operations",
    source: objectSource(client, resources.operations, Operation, { log, namespace: DEMO.namespace }),
    log,
    clock,
  });
  const stop = new AbortController();
  const until = AbortSignal.any([signal, stop.signal]);
  const ended = Promise.withResolvers<undefined>();
  const open = new Set(names);
  const shown = new Map<string, Operation>();
  informer.onChange((change) => {
    const { name } = change.object.metadata;
    if (!open.has(name)) return;
    if (change.type === "deleted") return ended.reject(failed(name, "it was deleted"));
    for (const line of describeChanges(shown.get(name), change.object)) progress.say(`  ${line}`);
    shown.set(name, change.object);
    const { phase, message = "no reason given" } = change.object.status;
    if (phase === "Failed") ended.reject(failed(name, message));
    if (phase === "Succeeded") open.delete(name);
    if (open.size === 0) ended.resolve(undefined);
  });
  const running = informer.run(until);
  try {
    await Promise.race([ended.promise, watchController(controller, until, clock)]);
  } finally {
    stop.abort();
    await running.catch(() => undefined);
  }
}

/** Ends only by an error: when the signal aborts, or when the controller is gone. */
async function watchController(
  { pidPath, logPath }: ControllerPlace,
  signal: AbortSignal,
  clock: World["clock"],
): Promise<never> {
  for (;;) {
    await clock.sleep(LOOK_AT_CONTROLLER_MS, signal);
    if ((await readRunningPid(pidPath)) === undefined) {
      throw new StargateError("ControllerEnded", "The controller has ended while Operations were open", {
        remedy: `Read ${logPath}, then run make demo again: it continues.`,
      });
    }
  }
}

function failed(name: string, message: string): StargateError {
  return new StargateError("OperationFailed", `Operation ${name} failed: ${message}`, {
    remedy: `Look at it: kubectl describe operation ${name} -n ${DEMO.namespace}. Running make demo again tries anew.`,
  });
}
