import { z } from "zod";
import type { KubeClient, ResourceType } from "../../kubernetes/client.ts";
import type { Clock } from "../../lib/clock.ts";
import { describeError, StargateError } from "../../lib/errors.ts";
import type { Log } from "../../lib/log.ts";

/** A cluster of an earlier version gets the type when its custom resources are renewed, which nobody tells us. */
const LOOK_AGAIN_MS = 15_000;

/** Waits until the cluster knows this type of object, or the signal aborts. Says once, not every time, that it waits. */
export async function waitUntilServed(
  client: KubeClient,
  type: ResourceType,
  { clock, log, signal, onMissing }: { clock: Clock; log: Log; signal: AbortSignal; onMissing?: () => void },
): Promise<void> {
  const isOver = (): boolean => signal.aborted;
  let said = false;
  while (!isOver()) {
    try {
      await client.list(type, z.unknown(), { fieldSelector: "metadata.name=none", signal });
      return;
    } catch (error) {
      const isMissing = error instanceof StargateError && error.reason === "ApiTypeMissing";
      if (!isMissing) return; // anything else is the informer's to wait for
      onMissing?.();
      if (!said)
        log.info("nothing is done about these: the cluster does not know them", {
          resource: type.plural,
          error: describeError(error),
          remedy: error.remedy,
        });
      said = true;
    }
    await clock.sleep(LOOK_AGAIN_MS, signal).catch(() => undefined);
  }
}
