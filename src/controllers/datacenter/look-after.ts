import type { Datacenter } from "../../api/v1alpha1/datacenter.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
import {
  after,
  createController,
  done,
  watching,
  type Controller,
} from "../../controller-runtime/controller.ts";
import type { Change, Informer } from "../../controller-runtime/informer.ts";
import { keyOf } from "../../controller-runtime/object-key.ts";
import { findCondition } from "../conditions.ts";
import { Bell } from "./bell.ts";
import { DevicePoll } from "./device-poll.ts";
import { isChanged } from "./is-changed.ts";
import { isBehind } from "./members.ts";
import { clusterNetworks } from "./networks.ts";
import { placeOfRouter, Reachability } from "./reachability.ts";
import { isOurs, reconcile, type Context } from "./reconcile.ts";
import { Reporter } from "./report.ts";
import { RouteApprover } from "./route-approver.ts";
import { createRouterProber } from "./router-prober.ts";
import { createServerProber } from "./server-prober.ts";
import type { DatacenterControllerOptions } from "./start.ts";

export interface LookAfterOptions extends DatacenterControllerOptions {
  datacenters: Informer<Datacenter>;
  servers: Informer<Server>;
}

/**
 * Asks the tailnet, tries routers and servers, approves and reports, until the signal aborts. All that is remembered
 * here is found out again by the next one to do it.
 */
export async function lookAfter(options: LookAfterOptions, signal: AbortSignal): Promise<void> {
  const { providerId, datacenters, servers, tailnet, clock, log } = options;
  const ours = (): Datacenter[] => datacenters.list().filter((one) => isOurs(one, providerId));
  const bell = new Bell();
  const reachability = new Reachability(clock);
  const reporter = new Reporter(options);
  const poll = new DevicePoll({
    tailnet,
    isNeeded: () => ours().length > 0,
    onNews: () => bell.ring(ours()),
    clock,
    log,
  });
  const all = (): Datacenter[] => datacenters.list();
  const controller = createDatacenterQueue(options, bell, {
    providerId,
    datacenters,
    servers,
    poll,
    approver: tailnet && new RouteApprover({ tailnet, datacenters: all, clock, log }),
    reachability,
    reporter,
    clusterNetworks: clusterNetworks(options),
    hostNetworks: options.hostNetworks,
  });
  const unsubscribe = datacenters.onChange(({ type, object }) => {
    if (type !== "deleted") return;
    reporter.forget(object);
    for (const router of object.spec.routers) reachability.forget(placeOfRouter(object, router).uid);
  });
  const probers = createProbers(options, bell, reachability);
  try {
    await Promise.all([poll, controller, ...probers].map((part) => part.run(signal)));
  } finally {
    unsubscribe();
    options.metrics.forgetAll();
  }
}

function createDatacenterQueue(
  { providerId, datacenters, servers, log, clock, queueMetrics }: LookAfterOptions,
  bell: Bell,
  context: Context,
): Controller {
  const ours = (): Datacenter[] => datacenters.list().filter((one) => isOurs(one, providerId));
  return createController({
    name: "datacenter",
    triggers: [
      // Another Datacenter's subnets may overlap ours.
      watching(datacenters, (change) => (isNews(change) ? ours().map(keyOf) : [])),
      watching(servers, ({ object }) =>
        ours()
          .filter((one) => isBehind(one, object))
          .map(keyOf),
      ),
      bell,
    ],
    async reconcile(key, stop) {
      const delayMs = await reconcile(key, context, stop);
      return delayMs === undefined ? done : after(delayMs);
    },
    log,
    clock,
    // One whose approval hangs keeps no other from being reported.
    concurrency: 8,
    metrics: queueMetrics,
  });
}

function createProbers(
  { providerId, datacenters, servers, dialer, clock, log }: LookAfterOptions,
  bell: Bell,
  reachability: Reachability,
): Controller[] {
  const probing = { datacenters, reachability, dialer, clock, log };
  const behind = (server: Server): Datacenter[] =>
    datacenters.list().filter((one) => isOurs(one, providerId) && isBehind(one, server));
  const serverProber = createServerProber({
    ...probing,
    servers,
    isNeeded: (server) => behind(server).length > 0,
    onNews: (server) => bell.ring(behind(server)),
  });
  const routerProber = createRouterProber({
    ...probing,
    isNeeded: (datacenter) => isOurs(datacenter, providerId),
    onNews: (datacenter, isSettled) => {
      bell.ring([datacenter]);
      if (isSettled) return;
      // Whether it is the router that is down, its servers tell.
      const { namespace } = datacenter.metadata;
      for (const server of servers.list({ namespace })) {
        if (isBehind(datacenter, server)) serverProber.enqueue(keyOf(server));
      }
    },
  });
  return [serverProber, routerProber];
}

/** What we write ourselves is no news; what prep-dc-inventory verified is. */
function isNews(change: Change<Datacenter>): boolean {
  if (isChanged(change) || change.type !== "updated") return true;
  const [before, now] = [change.before, change.object].map(({ status }) =>
    JSON.stringify(findCondition(status.conditions ?? [], "ApiReachableFromWorkers")),
  );
  return before !== now;
}
