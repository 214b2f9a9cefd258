import type { z } from "zod";
import { Datacenter } from "../../api/v1alpha1/datacenter.ts";
import { Server } from "../../api/v1alpha1/server.ts";
import {
  after,
  createController,
  done,
  watching,
  type Trigger,
} from "../../controller-runtime/controller.ts";
import { Informer, type Change } from "../../controller-runtime/informer.ts";
import type { ControllerMetrics } from "../../controller-runtime/metrics.ts";
import { keyOf, type ApiObject, type ObjectKey } from "../../controller-runtime/object-key.ts";
import type { KubeClient, ResourceType } from "../../kubernetes/client.ts";
import { objectSource } from "../../kubernetes/object-source.ts";
import * as resources from "../../kubernetes/resources.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Dialer } from "../../remote/dialer.ts";
import type { Tailnet } from "../../tailnet/tailnet.ts";
import { findCondition } from "../conditions.ts";
import type { EventRecorder } from "../operation/events.ts";
import { DevicePoll } from "./device-poll.ts";
import type { OwnedRange } from "./facts.ts";
import { isBehind } from "./members.ts";
import { clusterNetworks } from "./networks.ts";
import { createProber } from "./prober.ts";
import { Reachability } from "./reachability.ts";
import { isOurs, reconcile, type Context } from "./reconcile.ts";
import { Reporter } from "./report.ts";
import { RouteApprover } from "./route-approver.ts";
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
  metrics?: ControllerMetrics;
}

/** Looks after the Datacenters of one provider. Both parts end when their signal aborts, and never before. */
export interface DatacenterController {
  watch(signal: AbortSignal): Promise<void>;
  work(signal: AbortSignal): Promise<void>;
}

/** The controller of Datacenters: its informers, the poll of the tailnet, the tries of the servers, put together. */
export function createDatacenterController(options: DatacenterControllerOptions): DatacenterController {
  const { providerId, client, namespace, log, clock } = options;
  const inform = <T extends ApiObject>(type: ResourceType, schema: z.ZodType<T>): Informer<T> =>
    new Informer({ name: type.plural, source: objectSource(client, type, schema, { log, namespace }), log });
  const datacenters = inform(resources.datacenters, Datacenter);
  const servers = inform(resources.servers, Server);
  const ours = (): Datacenter[] => datacenters.list().filter((one) => isOurs(one, providerId));
  const behind = (server: Server): Datacenter[] => ours().filter((one) => isBehind(one, server));

  return {
    async watch(signal) {
      await waitUntilServed(client, resources.datacenters, { clock, log, signal });
      await Promise.all([datacenters.run(signal), servers.run(signal)]);
    },
    async work(signal) {
      const bell = new Bell();
      const poll = new DevicePoll({
        tailnet: options.tailnet,
        isNeeded: () => ours().length > 0,
        onNews: () => bell.ring(ours()),
        clock,
        log,
      });
      const reachability = new Reachability();
      const reporter = new Reporter(options);
      const { tailnet } = options;
      const context: Context = {
        providerId,
        datacenters,
        servers,
        poll,
        approver:
          tailnet && new RouteApprover({ tailnet, datacenters: () => datacenters.list(), clock, log }),
        reachability,
        reporter,
        clusterNetworks: clusterNetworks(options),
        hostNetworks: options.hostNetworks,
      };
      const controller = createController({
        name: "datacenter",
        triggers: [
          // Another Datacenter's subnets may overlap ours.
          watching(datacenters, (change) => (isNews(change) ? ours().map(keyOf) : [])),
          watching(servers, ({ object }) => behind(object).map(keyOf)),
          bell,
        ],
        async reconcile(key, stop) {
          const delayMs = await reconcile(key, context, stop);
          return delayMs === undefined ? done : after(delayMs);
        },
        log,
        clock,
        ...(options.metrics === undefined ? {} : { metrics: options.metrics }),
      });
      const prober = createProber({
        datacenters,
        servers,
        isNeeded: (server) => behind(server).length > 0,
        onNews: (server) => bell.ring(behind(server)),
        reachability,
        dialer: options.dialer,
        clock,
        log,
      });
      const stopForgetting = datacenters.onChange((change) => {
        if (change.type === "deleted") reporter.forget(change.object.metadata.uid);
      });
      try {
        await Promise.all([poll.run(signal), prober.run(signal), controller.run(signal)]);
      } finally {
        stopForgetting();
      }
    },
  };
}

/** What we write ourselves is no news; what prep-dc-inventory verified is. */
function isNews(change: Change<Datacenter>): boolean {
  if (change.type !== "updated") return true;
  const [before, now] = [change.before, change.object].map(({ metadata, status }) => {
    const api = findCondition(status.conditions ?? [], "ApiReachableFromWorkers");
    return JSON.stringify([metadata.generation, api]);
  });
  return before !== now;
}

/** Wakes datacenters for news that no object tells of. */
class Bell implements Trigger {
  #enqueue: (key: ObjectKey) => void = () => undefined;

  async waitForSync(): Promise<void> {
    return Promise.resolve();
  }

  subscribe(enqueue: (key: ObjectKey) => void): void {
    this.#enqueue = enqueue;
  }

  ring(objects: readonly ApiObject[]): void {
    for (const object of objects) this.#enqueue(keyOf(object));
  }
}
