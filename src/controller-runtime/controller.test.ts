import assert from "node:assert/strict";
import { test } from "node:test";
import { Registry } from "prom-client";
import { StargateError } from "../lib/errors.ts";
import { createLog, silentLog } from "../lib/log.ts";
import { after, createController, done, watching, type ControllerOptions } from "./controller.ts";
import { Informer, type SourceEvent } from "./informer.ts";
import { createControllerMetrics } from "./metrics.ts";
import { keyOf, type ApiObject } from "./object-key.ts";
import { settle, SteppedClock } from "./stepped-clock.ts";

function object(name: string): ApiObject {
  return { metadata: { name, namespace: "dc", uid: name, resourceVersion: "1" } };
}

/** An informer whose list comes when the test says so. */
function informerOf(...objects: readonly ApiObject[]) {
  const release = Promise.withResolvers<undefined>();
  const informer = new Informer<ApiObject>({
    name: "things",
    log: silentLog,
    source: {
      list: async () => {
        await release.promise;
        return { items: objects, resourceVersion: "1" };
      },
      watch: async function* (_, signal): AsyncGenerator<SourceEvent<ApiObject>> {
        yield { type: "BOOKMARK", resourceVersion: "2" };
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      },
    },
  });
  return { informer, release: () => release.resolve(undefined) };
}

/** Runs a controller until the test stops it. */
function start(options: Omit<ControllerOptions, "name" | "log"> & Partial<ControllerOptions>) {
  const stop = new AbortController();
  const clock = new SteppedClock();
  const queue = { random: () => 1, minDelayMs: 1_000, maxDelayMs: 60_000 };
  const controller = createController({ name: "test", log: silentLog, clock, queue, ...options });
  const running = controller.run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  return { controller, clock, end, signal: stop.signal };
}

void test("A controller begins when every informer knows its objects, and looks at each of them", async () => {
  const things = informerOf(object("a"), object("b"));
  const others = informerOf(object("c"));
  const seen: string[] = [];
  const { end, signal } = start({
    triggers: [
      watching(things.informer, ({ object: changed }) => [keyOf(changed)]),
      watching(others.informer, () => [{ namespace: "dc", name: "owner" }]),
    ],
    reconcile: async ({ namespace, name }) => {
      seen.push(`${namespace}/${name}`);
      return Promise.resolve(done);
    },
  });
  const informers = [things.informer.run(signal), others.informer.run(signal)];

  things.release();
  await settle();
  assert.deepEqual(seen, []);
  others.release();
  await settle();
  await end();
  await Promise.all(informers);

  assert.deepEqual(seen, ["dc/a", "dc/b", "dc/owner"]);
});

void test("A controller looks again after the time that was asked for", async () => {
  let turns = 0;
  const { controller, clock, end } = start({
    triggers: [],
    reconcile: async () => Promise.resolve(++turns < 3 ? after(5_000) : done),
  });
  controller.enqueue({ namespace: "dc", name: "a" });
  await settle();

  await clock.advance(4_999);
  assert.equal(turns, 1);
  await clock.advance(1);
  await clock.advance(5_000);
  await clock.advance(60_000);
  await end();

  assert.equal(turns, 3);
});

void test("A controller tries again, later each time, where an object's work throws, and goes on with the others", async () => {
  const lines: string[] = [];
  const turns: Record<string, number> = {};
  const { controller, clock, end } = start({
    triggers: [],
    log: createLog({ write: (line) => lines.push(line) }),
    reconcile: async ({ name }) => {
      turns[name] = (turns[name] ?? 0) + 1;
      if (name === "bad") throw new StargateError("HostUnreachable", "Cannot reach vm-1: no route");
      return Promise.resolve(done);
    },
  });
  for (const name of ["bad", "good"]) controller.enqueue({ namespace: "dc", name });
  await settle();

  assert.deepEqual(turns, { bad: 1, good: 1 });
  await clock.advance(1_000);
  assert.equal(turns["bad"], 2);
  await clock.advance(1_999);
  assert.equal(turns["bad"], 2);
  await clock.advance(1);
  assert.equal(turns["bad"], 3);
  await end();

  assert.match(lines[0] ?? "", /object=dc\/bad reason=HostUnreachable .*no route.* inSeconds=1$/);
});

void test("A controller aborts what runs when it is stopped, waits for it, and does not call that a failure", async () => {
  const lines: string[] = [];
  const registry = new Registry();
  let wasAborted = false;
  const { controller, end } = start({
    triggers: [],
    log: createLog({ write: (line) => lines.push(line) }),
    metrics: createControllerMetrics(registry)("test"),
    reconcile: async (_, signal) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      await settle();
      wasAborted = true;
      throw signal.reason;
    },
  });
  controller.enqueue({ namespace: "dc", name: "a" });
  await settle();

  await end();

  assert.equal(wasAborted, true);
  assert.deepEqual(lines, []);
  const metrics = await registry.metrics();
  assert.match(metrics, /stargate_reconciles_in_flight\{controller="test"\} 0/);
  assert.doesNotMatch(metrics, /stargate_reconcile_errors_total\{/);
});

void test("A controller that is stopped before its informers have synced ends at once", async () => {
  const { informer } = informerOf();
  const { end } = start({
    triggers: [watching(informer, () => [])],
    reconcile: () => Promise.reject(new Error("never")),
  });

  await end();
});

void test("A controller counts its work", async () => {
  const registry = new Registry();
  const { controller, clock, end } = start({
    triggers: [],
    metrics: createControllerMetrics(registry)("test"),
    reconcile: ({ name }) =>
      name === "bad" ? Promise.reject(new StargateError("NoSpace", "full")) : Promise.resolve(done),
  });
  controller.enqueue({ namespace: "dc", name: "good" });
  controller.enqueue({ namespace: "dc", name: "bad" });
  await settle();
  await clock.advance(1_000);
  await end();

  const metrics = await registry.metrics();
  assert.match(metrics, /stargate_reconcile_errors_total\{controller="test",reason="NoSpace"\} 2/);
  assert.match(metrics, /stargate_reconcile_seconds_count\{controller="test"\} 3/);
  assert.match(metrics, /stargate_queue_wait_seconds_count\{controller="test"\} 3/);
  assert.match(metrics, /stargate_queue_depth\{controller="test"\} 0/);
});

void test("A controller that has stopped listens to nobody any more", async () => {
  const things = informerOf(object("a"));
  const asked: string[] = [];
  const { end } = start({
    triggers: [
      watching(things.informer, ({ object: changed }) => {
        asked.push(changed.metadata.name);
        return [];
      }),
    ],
    reconcile: async () => Promise.resolve(done),
  });
  await end();
  const stop = new AbortController();
  const following = things.informer.run(stop.signal);

  things.release();
  await things.informer.waitForSync(stop.signal);
  await settle();

  stop.abort();
  await following;
  assert.deepEqual(asked, []);
});
