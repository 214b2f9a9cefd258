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
import { keyOf, type ObjectKey } from "../../controller-runtime/object-key.ts";
import type { Clock } from "../../lib/clock.ts";
import { describeError } from "../../lib/errors.ts";
import type { Log } from "../../lib/log.ts";
import type { Dialer } from "../../remote/dialer.ts";
import { isChanged } from "./is-changed.ts";
import { probeServer } from "./probe.ts";
import { placeOfServer, type Reachability } from "./reachability.ts";

/** Each server is tried this often, never all in step. Seldom enough that an SSH daemon does not take offence. */
const INTERVAL_MS = { min: 15_000, max: 30_000 };
/** After a failure that may have been chance; doubles with each further one, for what is soon there again. */
const SECOND_LOOK_MS = 2_000;
/** Servers that are down take the whole time-out each. */
const CONCURRENCY = 16;

export interface ServerProberOptions {
  datacenters: Informer<Datacenter>;
  servers: Informer<Server>;
  /** True for a server of a datacenter that is looked after here. */
  isNeeded: (server: Server) => boolean;
  /** Called when a server begins to answer, does not answer once, or not at all. */
  onNews: (server: Server) => void;
  reachability: Reachability;
  dialer: Dialer;
  clock: Clock;
  log: Log;
  random?: () => number;
}

/** Tries every server again and again, each at its own times, a bounded number at once. */
export function createServerProber(options: ServerProberOptions): Controller {
  const { datacenters, servers, isNeeded, onNews, reachability, dialer, clock, log } = options;
  const { random = Math.random } = options;

  return createController({
    name: "server-reachability",
    triggers: [
      watching(servers, wokenByServer),
      watching(datacenters, (change) =>
        isChanged(change) ? servers.list().filter(isNeeded).map(keyOf) : [],
      ),
    ],
    concurrency: CONCURRENCY,
    clock,
    log,
    async reconcile(key, signal) {
      const server = servers.get(key);
      if (server === undefined || !isNeeded(server)) return done;
      const problem = await tryToReach(server, dialer, signal);
      const { isNews, isSettled, failures } = reachability.record(placeOfServer(server), problem);
      if (isNews) {
        const object = `${key.namespace}/${key.name}`;
        log.info(problem === undefined ? "server answers" : "server does not answer", { object, problem });
      }
      if (isNews || !isSettled) onNews(server);
      return after(delayUntilNextTry(failures, random()));
    },
  });

  function wokenByServer(change: Change<Server>): ObjectKey[] {
    if (change.type === "deleted") reachability.forget(change.object.metadata.uid);
    return isChanged(change) ? [keyOf(change.object)] : [];
  }
}

/**
 * Milliseconds until a server is tried again after so many failures in a row. The first packets through a new way are
 * often lost (WireGuard repeats its handshake after 5 s), so a server that never answered may do so right after.
 *
 * @param random between 0 and 1
 */
export function delayUntilNextTry(failures: number, random: number): number {
  const usual = INTERVAL_MS.min + (INTERVAL_MS.max - INTERVAL_MS.min) * random;
  return failures === 0 ? usual : Math.min(usual, SECOND_LOOK_MS * 2 ** (failures - 1));
}

async function tryToReach(server: Server, dialer: Dialer, signal: AbortSignal): Promise<string | undefined> {
  try {
    await probeServer(dialer, placeOfServer(server), { signal });
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return describeError(error);
  }
}
