import type { KubeClient } from "../../src/kubernetes/client.ts";

/** Counts what is asked of the API server, as "create operations". */
export function countingClient(client: KubeClient): { client: KubeClient; calls: Map<string, number> } {
  const calls = new Map<string, number>();
  const count = (verb: string, plural: string): void => {
    const call = `${verb} ${plural}`;
    calls.set(call, (calls.get(call) ?? 0) + 1);
  };
  return {
    calls,
    client: {
      ...client,
      get(type, ...rest) {
        count("get", type.plural);
        return client.get(type, ...rest);
      },
      getIfExists(type, ...rest) {
        count("get", type.plural);
        return client.getIfExists(type, ...rest);
      },
      list(type, ...rest) {
        count("list", type.plural);
        return client.list(type, ...rest);
      },
      watch(type, ...rest) {
        count("watch", type.plural);
        return client.watch(type, ...rest);
      },
      create(type, ...rest) {
        count("create", type.plural);
        return client.create(type, ...rest);
      },
      apply(type, ...rest) {
        count("apply", type.plural);
        return client.apply(type, ...rest);
      },
      mergePatch(type, ...rest) {
        count("patch", type.plural);
        return client.mergePatch(type, ...rest);
      },
      delete(type, ...rest) {
        count("delete", type.plural);
        return client.delete(type, ...rest);
      },
    },
  };
}
