import type { Datacenter, DatacenterRouter } from "../../api/v1alpha1/datacenter.ts";
import {
  after,
  createController,
  done,
  watching,
  type Controller,
} from "../../controller-runtime/controller.ts";
import type { Informer } from "../../controller-runtime/informer.ts";
import { keyOf } from "../../controller-runtime/object-key.ts";
import type { Clock } from "../../lib/clock.ts";
import { describeError, StargateError } from "../../lib/errors.ts";
import type { Log } from "../../lib/log.ts";
import type { Dialer } from "../../remote/dialer.ts";
import { isChanged } from "./is-changed.ts";
import { probeRouter } from "./probe.ts";
import { placeOfRouter, type Reachability } from "./reachability.ts";

/** A router that is down is to be told of within 30 s: two tries that time out, and what lies between them. */
const INTERVAL_MS = 10_000;
const SECOND_LOOK_MS = 2_000;
const TIMEOUT_MS = 5_000;
const CONCURRENCY = 8;

export interface RouterProberOptions {
  datacenters: Informer<Datacenter>;
  isNeeded: (datacenter: Datacenter) => boolean;
  /** Called when a router begins to answer, does not answer once, or not at all. */
  onNews: (datacenter: Datacenter, isSettled: boolean) => void;
  reachability: Reachability;
  dialer: Dialer;
  clock: Clock;
  log: Log;
  random?: () => number;
}

/** Tries the routers of every datacenter again and again, each datacenter at its own times. */
export function createRouterProber(options: RouterProberOptions): Controller {
  const { datacenters, isNeeded, onNews, reachability, dialer, clock, log, random = Math.random } = options;

  return createController({
    name: "router-reachability",
    triggers: [watching(datacenters, (change) => (isChanged(change) ? [keyOf(change.object)] : []))],
    concurrency: CONCURRENCY,
    clock,
    log,
    async reconcile(key, signal) {
      const datacenter = datacenters.get(key);
      if (datacenter === undefined || !isNeeded(datacenter)) return done;
      const settled = await Promise.all(
        datacenter.spec.routers.map((router) => tryRouter(datacenter, router, signal)),
      );
      return after(settled.every(Boolean) ? INTERVAL_MS * (0.75 + 0.25 * random()) : SECOND_LOOK_MS);
    },
  });

  /** Returns whether what is known of the router is settled. */
  async function tryRouter(
    datacenter: Datacenter,
    router: DatacenterRouter,
    signal: AbortSignal,
  ): Promise<boolean> {
    const place = placeOfRouter(datacenter, router);
    let problem: string | undefined;
    try {
      await probeRouter(dialer, place, { signal, timeoutMs: TIMEOUT_MS });
    } catch (error) {
      signal.throwIfAborted();
      // Without a way into the tailnet nothing was learned about the router.
      if (error instanceof StargateError && error.reason === "ProxyUnavailable") return true;
      problem = describeError(error);
    }
    const { isNews, isSettled } = reachability.record(place, problem);
    if (isNews || !isSettled) onNews(datacenter, isSettled);
    return isSettled;
  }
}
