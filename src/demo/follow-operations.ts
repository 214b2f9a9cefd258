import type { KubeClient } from "../kubernetes/client.ts";
import { readRunningPid } from "../lib/background.ts";
import { StargateError } from "../lib/errors.ts";
import type { World } from "../lib/world.ts";
import { followOperations as follow } from "../operations/follow-operations.ts";
import type { ControllerPlace } from "../run-controllers/controller-place.ts";
import { DEMO } from "./demo-names.ts";

const LOOK_AT_CONTROLLER_MS = 2_000;

/**
 * Shows what Operations do, as it happens, until all of them have succeeded.
 * @throws StargateError OperationFailed for the first that fails; ControllerEnded when nobody works on them any more
 */
export async function followOperations(
  client: KubeClient,
  names: readonly string[],
  controller: ControllerPlace,
  world: World,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([world.signal, stop.signal]);
  try {
    await Promise.race([
      untilAllSucceeded(client, names, { ...world, signal }),
      watchController(controller, signal, world.clock),
    ]);
  } finally {
    stop.abort();
  }
}

async function untilAllSucceeded(client: KubeClient, names: readonly string[], world: World): Promise<void> {
  const say = (line: string): void => world.progress.say(`  ${line}`);
  for await (const { ref, isSuccess, message } of follow(
    { client, namespace: DEMO.namespace, names, say },
    world,
  )) {
    if (isSuccess) continue;
    const { name, namespace } = ref;
    throw new StargateError("OperationFailed", `Operation ${name} failed: ${message}`, {
      remedy: `Look at it: kubectl describe operation ${name} -n ${namespace}. Running make demo again tries anew.`,
    });
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
