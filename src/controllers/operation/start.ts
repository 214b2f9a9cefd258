import { after, createController, done, watching } from "../../controller-runtime/controller.ts";
import type { Informer } from "../../controller-runtime/informer.ts";
import type { KubeClient } from "../../kubernetes/client.ts";
import { describeError } from "../../lib/errors.ts";
import type { Log } from "../../lib/log.ts";
import type { ControllerMetrics } from "../../controller-runtime/metrics.ts";
import type { Node } from "../../kubernetes/schemas.ts";
import { createServerGuard } from "../server/guard.ts";
import { allOf } from "../together.ts";
import { sweepTokens } from "./bootstrap-token.ts";
import { RunningOperations, type Context } from "./context.ts";
import { createDatacenterWatch, type DatacenterWatch } from "./datacenter-watch.ts";
import { isBeingDeleted } from "./facts.ts";
import { createInformers, type Informers } from "./informers.ts";
import type { NodeWatch } from "./node-watch.ts";
import { reconcile } from "./reconcile.ts";
import { Turns } from "./turns.ts";
import { wokenByOperation, wokenByProfile, wokenByServer } from "./wake-ups.ts";

export interface OperationControllerOptions extends Omit<
  Context,
  "caches" | "nodes" | "running" | "turns" | "controllerStartedMs" | "random"
> {
  /** Undefined for all namespaces. */
  namespace: string | undefined;
  /** Operations worked on at once. */
  concurrency: number;
  /** Operations under way at once in a datacenter that does not say for itself; left out, as many as in all. */
  datacenterConcurrency?: number | undefined;
  controllerMetrics?: ControllerMetrics;
  guardMetrics?: ControllerMetrics;
}

/** Beside those that work: looks at others do not wait until one of those has ended. */
const SPARE_WORKERS = 10;

export interface OperationController {
  /** What it watches, for others to look at: each object is held once in a program. */
  readonly informers: Informers;
  /** True while everything that is watched is being heard of. */
  isReady(): boolean;
  /** Watches, without working: the caches fill, so that taking over is quick. */
  watch(signal: AbortSignal): Promise<void>;
  /** Works until the signal aborts. What runs on hosts goes on there; the next one to work takes it up again. */
  work(signal: AbortSignal): Promise<void>;
}

/** The controller of Operations: its informers, its queue and its reconciler, put together. */
export function createOperationController(options: OperationControllerOptions): OperationController {
  const { client, namespace, concurrency, log, controllerMetrics, guardMetrics } = options;
  const informers = createInformers(client, namespace, log);
  const { operations, servers, profiles, nodes } = informers;
  const running = new RunningOperations();
  const watchedNodes = watchNodes(nodes);
  const datacenters = createDatacenterWatch(client, namespace, options);
  options.metrics.count(() =>
    operations.list().filter(({ metadata, spec }) => {
      const server = servers.get({ namespace: metadata.namespace, name: spec.serverRef.name });
      return server?.spec.provider === options.providerId;
    }),
  );
  const turns = createTurns(informers, datacenters, options);

  operations.onChange((change) => {
    const { uid } = change.object.metadata;
    const { object, type } = change;
    if (type === "deleted" || isBeingDeleted(object) || object.spec.cancel) running.stop(uid);
  });

  return {
    informers,
    isReady: () => Object.values(informers).every((informer) => informer.isConnected),
    async watch(signal) {
      const all = Object.values(informers).map((informer) => informer.run(signal));
      await Promise.all([...all, datacenters.watch(signal)]);
    },
    async work(signal) {
      await nodes.waitForSync(signal);
      await datacenters.waitForSync(signal);
      await sweep(client, namespace, log, signal);
      const context: Context = {
        ...options,
        running,
        turns,
        random: Math.random,
        nodes: watchedNodes,
        controllerStartedMs: options.clock.now(),
        caches: {
          operation: (ref) => operations.get(ref),
          operationsOf: (inNamespace, server) =>
            operations.list({ namespace: inNamespace }).filter(({ spec }) => spec.serverRef.name === server),
          server: (ref) => servers.get(ref),
          profile: (ref) => profiles.get(ref),
        },
      };
      const controller = createController({
        name: "operation",
        triggers: [
          watching(operations, (change) => wokenByOperation(change, operations.list())),
          watching(servers, (change) => wokenByServer(change, operations.list())),
          watching(profiles, (change) => wokenByProfile(change, operations.list())),
          { waitForSync: async () => Promise.resolve(), subscribe: (enqueue) => turns.onTurn(enqueue) },
        ],
        async reconcile(key, stop) {
          const delayMs = await reconcile(key, context, stop);
          return delayMs === undefined ? done : after(delayMs);
        },
        log,
        concurrency: concurrency + SPARE_WORKERS,
        clock: options.clock,
        ...(controllerMetrics === undefined ? {} : { metrics: controllerMetrics }),
      });
      const guard = createServerGuard(context, informers, guardMetrics);
      await allOf(
        [controller, guard].map((one) => (both: AbortSignal) => one.run(both)),
        signal,
      );
    },
  };
}

/** Whose turn it is, by what the informers hold. */
function createTurns(
  { operations, servers }: Informers,
  datacenters: DatacenterWatch,
  { providerId, concurrency, datacenterConcurrency = concurrency }: OperationControllerOptions,
): Turns {
  const turns = new Turns({
    providerId,
    limits: { total: concurrency, inDatacenter: datacenterConcurrency },
    caches: {
      operation: (ref) => operations.get(ref),
      operations: () => operations.list(),
      server: (ref) => servers.get(ref),
      datacenters: () => datacenters.list(),
    },
  });
  operations.onChange((change) => {
    const before = change.type === "updated" ? change.before : undefined;
    if (change.type === "deleted") turns.hear(change.object, undefined);
    else turns.hear(before, change.object);
  });
  servers.onChange((change) => {
    // What we write of a Server while working on it changes nothing of where it is.
    const isSame =
      change.type === "updated" && change.before.metadata.generation === change.object.metadata.generation;
    if (!isSame) turns.hearOfPlaces();
  });
  datacenters.onChange(() => turns.hearOfPlaces());
  return turns;
}

/** Tidying up must not keep anybody from working. */
async function sweep(
  client: KubeClient,
  namespace: string | undefined,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  try {
    const names = await sweepTokens(client, namespace, signal);
    if (names.length > 0) log.info("deleted bootstrap tokens that nobody needs", { count: names.length });
  } catch (error) {
    signal.throwIfAborted();
    log.warn("cannot look for bootstrap tokens that nobody needs", { error: describeError(error) });
  }
}

function watchNodes(nodes: Informer<Node>): NodeWatch {
  const callbacks = new Map<string, Set<() => void>>();
  nodes.onChange(({ object }) => {
    for (const callback of callbacks.get(object.metadata.name) ?? []) callback();
  });
  return {
    get: (name) => nodes.get({ namespace: "", name }),
    onChange(name, callback) {
      const ofNode = callbacks.get(name) ?? new Set();
      callbacks.set(name, ofNode.add(callback));
      return () => {
        ofNode.delete(callback);
        if (ofNode.size === 0 && callbacks.get(name) === ofNode) callbacks.delete(name);
      };
    },
  };
}
