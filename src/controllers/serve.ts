import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { Registry } from "prom-client";
import type { ControlPlane } from "../control-plane/control-plane.ts";
import { startStatusServer } from "../controller-runtime/http-server.ts";
import { lead, type LeaseTimes } from "../controller-runtime/leader-election.ts";
import { createControllerMetrics } from "../controller-runtime/metrics.ts";
import type { KubeClient, ObjectRef } from "../kubernetes/client.ts";
import { leaseStore } from "../kubernetes/lease-store.ts";
import type { Clock } from "../lib/clock.ts";
import { StargateError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { HostConnector } from "../remote/host.ts";
import { createDatacenterMetrics } from "./datacenter/metrics.ts";
import { createDatacenterController, type DatacenterControllerOptions } from "./datacenter/start.ts";
import type { Limits, ServerReimager, WorkerBootstrap } from "./operation/context.ts";
import { createEventRecorder } from "./operation/events.ts";
import { createOperationMetrics } from "./operation/metrics.ts";
import { createOperationController } from "./operation/start.ts";
import { createRolloutMetrics } from "./rollout/metrics.ts";
import { createRolloutController } from "./rollout/start.ts";
import { allOf, together, type Working } from "./together.ts";

/** Where controllers of all namespaces keep their Leases: a namespace that every cluster has. */
const LEASE_NAMESPACE = "kube-system";

export interface ServeOptions {
  providerId: string;
  client: KubeClient;
  /** For the Leases: with connections of its own, as no renewal may wait until others' requests have had their turn. */
  leaseClient?: KubeClient;
  connector: HostConnector;
  controlPlane: ControlPlane;
  bootstrap: WorkerBootstrap;
  /** Left out where servers cannot be given a fresh disk. */
  reimager?: ServerReimager;
  /** The tailnet and the ways to servers, for looking after Datacenters; left out, nobody does that here. */
  datacenters?: Pick<DatacenterControllerOptions, "tailnet" | "dialer" | "hostNetworks">;
  adminUsername: string | undefined;
  namespace: string | undefined;
  concurrency: number;
  datacenterConcurrency?: number | undefined;
  limits: Limits;
  /** host:port of /metrics, /healthz and /readyz; undefined for nowhere. */
  metricsBindAddress: string | undefined;
  leaderElect: boolean;
  /** Left out: as elsewhere in Kubernetes. */
  leaseTimes?: LeaseTimes;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  /** Called with where the metrics are served. */
  onServing?: (url: string) => void;
}

/**
 * Serves one provider's Operations and Datacenters, and Rollouts of every provider in turn with the other providers'
 * controllers, until the signal aborts. Work that runs on hosts then goes on there.
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { providerId, client, clock, log, signal } = options;
  const component = `${providerId}-controller`;
  const identity = `${hostname()}-${randomUUID().slice(0, 8)}`;
  const registry = new Registry();
  const events = createEventRecorder({ client, clock, log, component, instance: identity });
  const metricsOf = createControllerMetrics(registry);
  const operations = createOperationController({
    ...options,
    events,
    metrics: createOperationMetrics(registry, providerId),
    controllerMetrics: metricsOf("operation"),
    guardMetrics: metricsOf("server"),
  });
  const controller = together(
    operations,
    ...(options.datacenters === undefined
      ? []
      : [
          createDatacenterController({
            ...options,
            ...options.datacenters,
            events,
            metrics: createDatacenterMetrics(registry, providerId),
            queueMetrics: metricsOf("datacenter"),
          }),
        ]),
  );
  const rollouts = createRolloutController({
    ...options,
    informers: operations.informers,
    events,
    metrics: createRolloutMetrics(registry),
    queueMetrics: metricsOf("rollout"),
  });
  const status =
    options.metricsBindAddress === undefined
      ? undefined
      : await startStatusServer({
          address: options.metricsBindAddress,
          registry,
          notReady: () => (operations.isReady() ? undefined : "the API server is not being heard of"),
        });
  const over = new AbortController();
  const watching = together(controller, rollouts).watch(AbortSignal.any([signal, over.signal]));
  try {
    log.info("controller started", { provider: providerId, identity, metrics: status?.url });
    if (status !== undefined) options.onServing?.(status.url);
    if (options.leaderElect) {
      const own = leaseOf(`stargate-${providerId}-controller`, options);
      const shared = leaseOf("stargate-rollouts", options);
      await allOf(
        [
          (both) => workAsLeader(controller, own, identity, { ...options, signal: both }),
          (both) => workAsLeader(rollouts, shared, identity, { ...options, signal: both }),
        ],
        signal,
      );
    } else await together(controller, rollouts).work(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    over.abort();
    await watching;
    await status?.close();
    log.info("controller stopped");
  }
}

/**
 * A Rollout may be about servers of several providers, so one Lease is shared by all controllers that see the same
 * Rollouts. Controllers of one namespace keep theirs there: those of another have nothing to wait for.
 */
function leaseOf(name: string, { namespace = LEASE_NAMESPACE }: ServeOptions): ObjectRef {
  return { namespace, name };
}

/** Leads, works, and gets in line again should the lease be lost: everything that matters is in the cluster. */
async function workAsLeader(
  controller: Working,
  lease: ObjectRef,
  identity: string,
  { client, leaseClient = client, clock, log, signal, leaseTimes }: ServeOptions,
): Promise<void> {
  const store = leaseStore(leaseClient, lease);
  const leaseLog = log.with({ lease: lease.name });
  for (;;) {
    try {
      const options = { ...leaseTimes, store, identity, log: leaseLog, signal, clock };
      await lead(options, (leading) => controller.work(leading));
      return; // the signal has aborted
    } catch (error) {
      if (!(error instanceof StargateError && error.reason === "LeaseLost")) throw error;
      leaseLog.warn("the lease was lost: waiting for it again", { error: error.message });
    }
  }
}
