import { retry, type RetryOptions } from "../lib/retry.ts";
import type { KubeClient } from "./client.ts";

/**
 * The same client, for a command that has nobody to try again for it: what can be repeated without harm (reading,
 * applying, deleting) is repeated while the API server is away or overloaded, until the time is up. Where not even a
 * first answer is known to come, use the plain client: a wrong address should be told of at once.
 */
export function patientClient(client: KubeClient, options: RetryOptions): KubeClient {
  const again = <T>(call: () => Promise<T>): Promise<T> => retry(call, options);
  return {
    server: client.server,
    caPem: client.caPem,
    readVersion: (signal) => again(() => client.readVersion(signal)),
    get: (type, ref, schema, signal) => again(() => client.get(type, ref, schema, signal)),
    getIfExists: (type, ref, schema, signal) => again(() => client.getIfExists(type, ref, schema, signal)),
    list: (type, schema, listOptions) => again(() => client.list(type, schema, listOptions)),
    apply: (type, ref, body, applyOptions) => again(() => client.apply(type, ref, body, applyOptions)),
    delete: (type, ref, deleteOptions) => again(() => client.delete(type, ref, deleteOptions)),
    // Whether these were done cannot be known where the answer got lost.
    create: (type, namespace, body, signal) => client.create(type, namespace, body, signal),
    mergePatch: (type, ref, patch, patchOptions) => client.mergePatch(type, ref, patch, patchOptions),
    createSubresource: (type, ref, subresource, body, signal) =>
      client.createSubresource(type, ref, subresource, body, signal),
    watch: (type, schema, watchOptions) => client.watch(type, schema, watchOptions),
  };
}
