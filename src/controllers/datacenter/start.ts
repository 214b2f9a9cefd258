import type { z } from "zod";
import { Datacenter } from "../../api/v1alpha1/datacenter.ts";
import { Server } from "../../api/v1alpha1/server.ts";
import { Informer } from "../../controller-runtime/informer.ts";
import type { ControllerMetrics } from "../../controller-runtime/metrics.ts";
import type { ApiObject } from "../../controller-runtime/object-key.ts";
import type { KubeClient, ResourceType } from "../../kubernetes/client.ts";
import { objectSource } from "../../kubernetes/object-source.ts";
import * as resources from "../../kubernetes/resources.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Dialer } from "../../remote/dialer.ts";
import type { Tailnet } from "../../tailnet/tailnet.ts";
import type { EventRecorder } from "../operation/events.ts";
import type { OwnedRange } from "./facts.ts";
import { lookAfter } from "./look-after.ts";
import type { DatacenterMetrics } from "./metrics.ts";
import { waitUntilServed } from "./wait-until-served.ts";

export interface DatacenterControllerOptions {
  providerId: string;
  client: KubeClient;
  /** Undefined without credentials for it. Must not repeat failed calls by itself. */
  tailnet: Tailnet | undefined;
  dialer: Dialer;
  /** Networks of this host that its own routes lead to; none where servers are reached through a proxy. */
  hostNetworks: () => readonly OwnedRange[];
  events: EventRecorder;
  /** Undefined for all namespaces. */
  namespace: string | undefined;
  clock: Clock;
  log: Log;
  metrics: DatacenterMetrics;
  queueMetrics: ControllerMetrics;
}

/** Looks after the Datacenters of one provider. Both parts end when their signal aborts, and never before. */
export interface DatacenterController {
  watch(signal: AbortSignal): Promise<void>;
  work(signal: AbortSignal): Promise<void>;
}

/** The controller of Datacenters: its informers, and what is done while it leads. */
export function createDatacenterController(options: DatacenterControllerOptions): DatacenterController {
  const { client, namespace, log, clock } = options;
  const inform = <T extends ApiObject>(type: ResourceType, schema: z.ZodType<T>): Informer<T> =>
    new Informer({ name: type.plural, source: objectSource(client, type, schema, { log, namespace }), log });
  const datacenters = inform(resources.datacenters, Datacenter);
  const servers = inform(resources.servers, Server);
  return {
    async watch(signal) {
      await waitUntilServed(client, resources.datacenters, { clock, log, signal });
      await Promise.all([datacenters.run(signal), servers.run(signal)]);
    },
    work: (signal) => lookAfter({ ...options, datacenters, servers }, signal),
  };
}
