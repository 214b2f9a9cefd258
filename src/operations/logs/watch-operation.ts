import { Operation } from "../../api/v1alpha1/operation.ts";
import { Informer } from "../../controller-runtime/informer.ts";
import type { KubeClient } from "../../kubernetes/client.ts";
import { objectSource } from "../../kubernetes/object-source.ts";
import * as resources from "../../kubernetes/resources.ts";
import type { World } from "../../lib/world.ts";

/** One Operation as it goes on. */
export interface OperationWatch extends AsyncDisposable {
  /** As last heard of. */
  readonly now: Operation;
  /** It has Succeeded, has Failed, or is gone; aborted with that, for what waits meanwhile. */
  readonly ended: AbortSignal;
  readonly isDeleted: boolean;
  /** Resolves at the next change, or at once where there was one since the last call. */
  changed(): Promise<void>;
}

export function watchOperation(
  client: KubeClient,
  operation: Operation,
  { signal, log, clock }: Pick<World, "signal" | "log" | "clock">,
  onChange: (before: Operation | undefined, after: Operation) => void,
): OperationWatch {
  const { name, namespace, uid } = operation.metadata;
  const fieldSelector = `metadata.name=${name}`;
  const informer = new Informer<Operation>({
    name: `operation ${name}`,
    source: objectSource(client, resources.operations, Operation, { log, namespace, fieldSelector }),
    log,
    clock,
  });
  const stop = new AbortController();
  const ended = new AbortController();
  let now = operation;
  let shown: Operation | undefined;
  let isDeleted = false;
  let news = Promise.withResolvers<undefined>();
  informer.onChange(({ type, object }) => {
    if (object.metadata.uid !== uid) return;
    now = object;
    isDeleted = type === "deleted";
    if (!isDeleted) {
      onChange(shown, object);
      shown = object;
    }
    const { phase } = object.status;
    if (isDeleted || phase === "Succeeded" || phase === "Failed") ended.abort();
    news.resolve(undefined);
  });
  const running = informer.run(AbortSignal.any([signal, stop.signal]));
  signal.addEventListener("abort", () => news.resolve(undefined), { once: true });
  return {
    get now() {
      return now;
    },
    ended: ended.signal,
    get isDeleted() {
      return isDeleted;
    },
    async changed() {
      await news.promise;
      signal.throwIfAborted();
      news = Promise.withResolvers();
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running.catch(() => undefined);
    },
  };
}
