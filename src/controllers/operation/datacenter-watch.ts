import { Datacenter } from "../../api/v1alpha1/datacenter.ts";
import { Informer } from "../../controller-runtime/informer.ts";
import type { KubeClient } from "../../kubernetes/client.ts";
import { objectSource } from "../../kubernetes/object-source.ts";
import * as resources from "../../kubernetes/resources.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { waitUntilServed } from "../datacenter/wait-until-served.ts";

/** Datacenters as heard of; none in a cluster of an earlier version, which does not know them. */
export interface DatacenterWatch {
  list(): readonly Datacenter[];
  onChange(handler: () => void): void;
  /** Resolves when they are known, or known not to be. */
  waitForSync(signal: AbortSignal): Promise<void>;
  watch(signal: AbortSignal): Promise<void>;
}

export function createDatacenterWatch(
  client: KubeClient,
  namespace: string | undefined,
  { log, clock }: { log: Log; clock: Clock },
): DatacenterWatch {
  const informer = new Informer({
    name: "datacenters",
    source: objectSource(client, resources.datacenters, Datacenter, { log, namespace }),
    log,
  });
  const missing = Promise.withResolvers<undefined>();
  return {
    list: () => informer.list(),
    onChange: (handler) => void informer.onChange(handler),
    waitForSync: (signal) => Promise.race([informer.waitForSync(signal), missing.promise]),
    async watch(signal) {
      const onMissing = (): void => missing.resolve(undefined);
      await waitUntilServed(client, resources.datacenters, { clock, log, signal, onMissing });
      await informer.run(signal);
    },
  };
}
