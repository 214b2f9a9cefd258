import type { Node } from "../../kubernetes/schemas.ts";

/** The cluster's nodes as they change, from one watch that all Operations share. */
export interface NodeWatch {
  get(name: string): Node | undefined;
  /** Calls back after each change of this node; the returned function ends it. */
  onChange(name: string, callback: () => void): () => void;
}

/** The first answer that `look` gives, asked now and after each change of the node. */
export async function waitForNode<T>(
  nodes: NodeWatch,
  name: string,
  look: (node: Node | undefined) => Promise<T | undefined>,
  signal: AbortSignal,
): Promise<T> {
  signal.throwIfAborted();
  let changed = Promise.withResolvers<void>();
  const onAbort = () => changed.resolve();
  const stop = nodes.onChange(name, () => changed.resolve());
  signal.addEventListener("abort", onAbort);
  try {
    for (;;) {
      const answer = await look(nodes.get(name));
      if (answer !== undefined) return answer;
      await changed.promise;
      signal.throwIfAborted();
      changed = Promise.withResolvers();
    }
  } finally {
    stop();
    signal.removeEventListener("abort", onAbort);
  }
}
