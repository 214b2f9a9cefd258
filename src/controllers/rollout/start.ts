import { Rollout } from "../../api/v1alpha1/rollout.ts";
import { createController, watching } from "../../controller-runtime/controller.ts";
import { Informer } from "../../controller-runtime/informer.ts";
import type { ControllerMetrics } from "../../controller-runtime/metrics.ts";
import type { KubeClient } from "../../kubernetes/client.ts";
import { objectSource } from "../../kubernetes/object-source.ts";
import * as resources from "../../kubernetes/resources.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import { waitUntilServed } from "../datacenter/wait-until-served.ts";
import type { EventRecorder } from "../operation/events.ts";
import type { Informers } from "../operation/informers.ts";
import type { Working } from "../together.ts";
import type { Context } from "./context.ts";
import type { RolloutMetrics } from "./metrics.ts";
import { reconcile } from "./reconcile.ts";
import { Reporter } from "./report.ts";
import { Unheard } from "./unheard.ts";
import { isNewsOfRollout, wokenByNode, wokenByOperation, wokenByProfile, wokenByServer } from "./wake-ups.ts";

export interface RolloutControllerOptions {
  client: KubeClient;
  /** What is watched for Operations anyway. Whoever made these runs them. */
  informers: Informers;
  events: EventRecorder;
  /** Undefined for all namespaces. */
  namespace: string | undefined;
  clock: Clock;
  log: Log;
  metrics: RolloutMetrics;
  queueMetrics?: ControllerMetrics;
}

/** The controller of Rollouts of every provider: it makes Operations, and each provider's controller carries its own out. */
export function createRolloutController(options: RolloutControllerOptions): Working {
  const { client, informers, namespace, clock, log, metrics, queueMetrics } = options;
  const { operations, servers, profiles, nodes } = informers;
  const rollouts = new Informer<Rollout>({
    name: resources.rollouts.plural,
    source: objectSource(client, resources.rollouts, Rollout, { log, namespace }),
    log,
  });
  const unheard = new Unheard(operations, clock);
  const serverOf = ({
    metadata,
    spec,
  }: {
    metadata: { namespace: string };
    spec: { serverRef: { name: string } };
  }) => servers.get({ namespace: metadata.namespace, name: spec.serverRef.name });
  const serversOf = (node: string) => servers.list().filter(({ status }) => status.nodeRef?.name === node);
  return {
    async watch(signal) {
      await waitUntilServed(client, resources.rollouts, { clock, log, signal });
      await rollouts.run(signal);
    },
    async work(signal) {
      const context: Context = {
        ...{ client, clock, log, rollouts, informers, unheard },
        reporter: new Reporter(options),
      };
      const controller = createController({
        name: "rollout",
        triggers: [
          watching(rollouts, (change) => (isNewsOfRollout(change) ? [change.object.metadata] : [])),
          watching(operations, (change) => wokenByOperation(change, rollouts.list(), serverOf)),
          watching(servers, (change) => wokenByServer(change, rollouts.list())),
          watching(profiles, (change) => wokenByProfile(change, rollouts.list())),
          watching(nodes, (change) => wokenByNode(change, rollouts.list(), serversOf)),
        ],
        reconcile: (key, stop) => reconcile(key, context, stop),
        log,
        concurrency: 2,
        clock,
        ...(queueMetrics === undefined ? {} : { metrics: queueMetrics }),
      });
      await controller.run(signal);
      metrics.forgetAll();
    },
  };
}
