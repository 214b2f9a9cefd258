import { Operation } from "../api/v1alpha1/operation.ts";
import { Informer } from "../controller-runtime/informer.ts";
import type { KubeClient, ObjectRef } from "../kubernetes/client.ts";
import { objectSource } from "../kubernetes/object-source.ts";
import * as resources from "../kubernetes/resources.ts";
import type { World } from "../lib/world.ts";
import { describeChanges } from "./describe-changes.ts";

export interface Following {
  client: KubeClient;
  namespace: string;
  names: readonly string[];
  /** Given each line that says what happens. */
  say: (line: string) => void;
}

/** How an Operation that was followed ended; deleted is an end too. */
export interface Ended {
  ref: ObjectRef;
  isSuccess: boolean;
  message: string;
  operation: Operation;
}

/**
 * Shows what Operations do as it happens, and yields each when it has ended. Stops following when the caller stops
 * asking, or the signal aborts.
 */
export async function* followOperations(
  { client, namespace, names, say }: Following,
  { signal, log, clock }: Pick<World, "signal" | "log" | "clock">,
): AsyncGenerator<Ended> {
  const informer = new Informer<Operation>({
    name: "operations",
    source: objectSource(client, resources.operations, Operation, { log, namespace }),
    log,
    clock,
  });
  const open = new Set(names);
  const shown = new Map<string, Operation>();
  const ended: Ended[] = [];
  let news = Promise.withResolvers<undefined>();
  const end = (operation: Operation, isSuccess: boolean, message: string): void => {
    const { name } = operation.metadata;
    open.delete(name);
    ended.push({ ref: { namespace, name }, isSuccess, message, operation });
    news.resolve(undefined);
  };
  informer.onChange(({ type, object }) => {
    const { name } = object.metadata;
    if (!open.has(name)) return;
    if (type === "deleted") {
      end(object, false, "it was deleted");
      return;
    }
    for (const line of describeChanges(shown.get(name), object)) say(line);
    shown.set(name, object);
    const { phase, message = "no reason given" } = object.status;
    if (phase === "Succeeded" || phase === "Failed") end(object, phase === "Succeeded", message);
  });
  const stop = new AbortController();
  const running = informer.run(AbortSignal.any([signal, stop.signal]));
  const aborted = new Promise<never>((_resolve, reject) => {
    const abort = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
  });
  try {
    while (open.size > 0 || ended.length > 0) {
      await Promise.race([news.promise, aborted]);
      news = Promise.withResolvers();
      yield* ended.splice(0);
    }
  } finally {
    stop.abort();
    aborted.catch(() => undefined);
    await running.catch(() => undefined);
  }
}
