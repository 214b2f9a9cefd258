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
import { probeServer } from "./probe-server.ts";
import type { Reachability } from "./reachability.ts";

/** Each server is tried this often, never all in step. Seldom enough that an SSH daemon does not take offence. */
const INTERVAL_MS = { min: 15_000, max: 30_000 };
/** After a failure that may have been chance. */
const SECOND_LOOK_MS = 2_000;
/** Servers that are down take the whole time-out each. */
const CONCURRENCY = 16;

export interface ProberOptions {
  datacenters: Informer<Datacenter>;
  servers: Informer<Server>;
  /** True for a server of a datacenter that is looked after here. */
  isNeeded: (server: Server) => boolean;
  /** Called when a server begins to answer or stops. */
  onNews: (server: Server) => void;
  reachability: Reachability;
  dialer: Dialer;
  clock: Clock;
  log: Log;
  random?: () => number;
}

/** Tries every server again and again, each at its own times, a bounded number at once. */
export function createProber(options: ProberOptions): Controller {
  const { datacenters, servers, isNeeded, onNews, reachability, dialer, clock, log } = options;
  const { random = Math.random } = options;

  return createController({
    name: "server-reachability",
    triggers: [
      watching(servers, wokenByServer),
      watching(datacenters, (change) => (isNews(change) ? servers.list().filter(isNeeded).map(keyOf) : [])),
    ],
    concurrency: CONCURRENCY,
    clock,
    log,
    async reconcile(key, signal) {
      const server = servers.get(key);
      if (server === undefined || !isNeeded(server)) return done;
      const problem = await tryToReach(server, dialer, signal);
      const { isNews: isNew, isSettled } = reachability.record(server, problem);
      if (isNew) {
        log.info("server reachability", {
          object: `${key.namespace}/${key.name}`,
          problem: problem ?? "none",
        });
        onNews(server);
      }
      if (!isSettled) return after(SECOND_LOOK_MS);
      return after(INTERVAL_MS.min + (INTERVAL_MS.max - INTERVAL_MS.min) * random());
    },
  });

  function wokenByServer(change: Change<Server>): ObjectKey[] {
    if (change.type === "deleted") reachability.forget(change.object.metadata.uid);
    return isNews(change) ? [keyOf(change.object)] : [];
  }
}

async function tryToReach(server: Server, dialer: Dialer, signal: AbortSignal): Promise<string | undefined> {
  const { ipv4: host, sshPort: port } = server.spec;
  try {
    await probeServer(dialer, { host, port }, { signal });
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return describeError(error);
  }
}

/** Another status of a server is no reason to try it; another address is. */
function isNews<T extends { metadata: { generation: number } }>(
  change: Change<T & { metadata: { name: string; uid: string; resourceVersion: string } }>,
): boolean {
  return change.type !== "updated" || change.before.metadata.generation !== change.object.metadata.generation;
}
