import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Registry } from "prom-client";
import { API_VERSION } from "../../src/api/v1alpha1/kind.ts";
import { Operation } from "../../src/api/v1alpha1/operation.ts";
import { Rollout } from "../../src/api/v1alpha1/rollout.ts";
import { createEventRecorder } from "../../src/controllers/operation/events.ts";
import { createInformers } from "../../src/controllers/operation/informers.ts";
import { createRolloutMetrics } from "../../src/controllers/rollout/metrics.ts";
import { createRolloutController } from "../../src/controllers/rollout/start.ts";
import type { KubeClient } from "../../src/kubernetes/client.ts";
import { createKubeClient } from "../../src/kubernetes/http-kube-client.ts";
import { operations, rollouts } from "../../src/kubernetes/resources.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { StargateError } from "../../src/lib/errors.ts";
import { silentLog } from "../../src/lib/log.ts";
import { retry } from "../../src/lib/retry.ts";
import { startApiServer, type TestApiServer } from "../cluster/start-api-server.ts";
import { countingClient } from "./counting-client.ts";
import { FleetStandIn } from "./fleet-stand-in.ts";

const SERVERS = 1000;

let cluster: TestApiServer;

before(async () => {
  cluster = await startApiServer({ crds: true });
});

after(async () => {
  await cluster.stop();
});

/** A controller of Rollouts with its own connections and caches. */
async function startController(namespace: string, disturb = (client: KubeClient): KubeClient => client) {
  const stop = new AbortController();
  const { client, calls } = countingClient(
    disturb(await createKubeClient({ kubeconfigPath: cluster.kubeconfigPath, env: {} })),
  );
  const informers = createInformers(client, namespace, silentLog);
  const basics = { client, clock: systemClock, log: silentLog };
  const controller = createRolloutController({
    ...basics,
    informers,
    events: createEventRecorder({ ...basics, component: "qemu-controller", instance: "test" }),
    namespace,
    metrics: createRolloutMetrics(new Registry()),
  });
  const parts = [
    ...Object.values(informers).map((informer) => informer.run(stop.signal)),
    controller.watch(stop.signal),
    controller.work(stop.signal),
  ];
  return {
    calls,
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(parts);
    },
  };
}

/** A fleet whose Operations end at once. */
async function startFleet(namespace: string, count: number, prefix: string) {
  const fleet = new FleetStandIn(cluster.client, namespace);
  await fleet.create(count, prefix);
  const over = new AbortController();
  const running = fleet.run(over.signal);
  return {
    fleet,
    async [Symbol.asyncDispose]() {
      over.abort();
      await running;
    },
  };
}

async function createRollout(namespace: string, spec: object): Promise<void> {
  await cluster.client.create(rollouts, namespace, {
    apiVersion: API_VERSION,
    kind: "Rollout",
    metadata: { name: "all", namespace },
    spec: {
      selector: { matchLabels: { rack: "7" } },
      provisioningProfileRef: { name: "worker" },
      operation: "repave",
      ...spec,
    },
  });
}

async function waitForRollout(namespace: string, isSo: (rollout: Rollout) => boolean): Promise<void> {
  await retry(
    async () => {
      const rollout = await cluster.client.get(rollouts, { namespace, name: "all" }, Rollout);
      if (!isSo(rollout)) throw new Error(`${rollout.status.phase}: ${rollout.status.message}`);
    },
    { timeoutMs: 300_000, minDelayMs: 100, maxDelayMs: 200 },
  );
}

void test("a Rollout over 1,000 servers ends, within its limits and with few calls, though its controller is replaced", async (t) => {
  const namespace = "default";
  await using started = await startFleet(namespace, SERVERS, "vm");
  const { fleet } = started;
  const startedMs = performance.now();
  const cpuBefore = process.cpuUsage();
  await using first = await startController(namespace);
  await createRollout(namespace, { maxUnavailable: "10%", canary: 5 });
  await waitForRollout(namespace, ({ status }) => (status.counts?.updated ?? 0) >= 300);
  await first[Symbol.asyncDispose]();
  await using second = await startController(namespace);
  await waitForRollout(namespace, ({ status }) => status.phase === "Complete");

  const { user, system } = process.cpuUsage(cpuBefore);
  const heapMiB = Math.round(process.memoryUsage().heapUsed / 2 ** 20);
  t.diagnostic(
    `${Math.round(performance.now() - startedMs)} ms, ${Math.round((user + system) / 1000)} of CPU`,
  );
  t.diagnostic(`heap ${heapMiB} MiB; ${JSON.stringify([...second.calls])}`);

  const { items } = await cluster.client.list(operations, Operation, { namespace });
  assert.equal(items.length, SERVERS);
  assert.equal(new Set(fleet.done).size, SERVERS);
  assert.equal(fleet.done.length, SERVERS, "each once");
  assert.deepEqual(fleet.done.slice(0, 5).toSorted(), [
    "vm-0000",
    "vm-0001",
    "vm-0002",
    "vm-0003",
    "vm-0004",
  ]);
  assert.ok(fleet.mostInFlight <= 100, `${fleet.mostInFlight} at once`);
  for (const { calls } of [first, second]) checkCalls(calls);
  const created = [first, second].map(({ calls }) => calls.get("create operations") ?? 0);
  const inVain = created.reduce((a, b) => a + b) - SERVERS;
  assert.ok(inVain <= 1, `${inVain} created in vain`); // what was under way when the first one stopped
  // With the stand-in, and all that was garbage by then.
  assert.ok(heapMiB < 300, `${heapMiB} MiB`);
});

void test("a Rollout whose answers from the API server get lost keeps to its limits, and does each server once", async () => {
  const namespace = "kube-public";
  await using started = await startFleet(namespace, 12, "lost");
  const { fleet } = started;
  await using _ = await startController(namespace, losingAnswers);
  await createRollout(namespace, { maxUnavailable: 2 });

  await waitForRollout(namespace, ({ status }) => status.phase === "Complete");

  assert.equal(fleet.done.length, 12);
  assert.equal(new Set(fleet.done).size, 12);
  assert.ok(fleet.mostInFlight <= 2, `${fleet.mostInFlight} at once`);
});

/** Every second Operation is created, and its creator does not hear of it. */
function losingAnswers(client: KubeClient): KubeClient {
  let creations = 0;
  return {
    ...client,
    async create(type, ...rest) {
      await client.create(type, ...rest);
      if (type.plural === operations.plural && ++creations % 2 === 0) {
        throw new StargateError("ApiUnavailable", "no answer", { retriable: true });
      }
    },
  };
}

/** Nothing is listed but once, nothing is read singly, and statuses are told of many servers at a time. */
function checkCalls(calls: ReadonlyMap<string, number>): void {
  const lists = [...calls].filter(([call]) => call.startsWith("list "));
  assert.ok(
    lists.every(([call, count]) => count <= (call === "list rollouts" ? 2 : 1)),
    JSON.stringify(lists),
  );
  assert.ok((calls.get("apply rollouts") ?? 0) <= SERVERS / 2, `${calls.get("apply rollouts")} statuses`);
  const others = [...calls].filter(([call]) => /^(get|delete|patch) /.test(call));
  assert.ok(
    others.every(([call, count]) => call === "patch rollouts" && count === 1), // the finalizer
    JSON.stringify(others),
  );
}
