import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../lib/fake-clock.ts";
import { settle, SteppedClock } from "./stepped-clock.ts";
import { WorkQueue } from "./work-queue.ts";

/** Work that ends when the test says so. */
function steered() {
  const running = new Map<string, () => void>();
  const begun: string[] = [];
  return {
    begun,
    running,
    work: async (key: string): Promise<void> => {
      assert.equal(running.has(key), false, `${key} is worked on twice at the same time`);
      begun.push(key);
      await new Promise<void>((resolve) => running.set(key, resolve));
    },
    end: async (key: string): Promise<void> => {
      const finish = running.get(key);
      assert.ok(finish, `${key} is not being worked on`);
      running.delete(key);
      finish();
      await settle();
    },
  };
}

void test("WorkQueue works in the order that keys came, each once however often it was added", async () => {
  const queue = new WorkQueue();
  const stop = new AbortController();
  const begun: string[] = [];
  for (const key of ["a", "b", "a", "c", "b"]) queue.add(key);

  const run = queue.run(1, async (key) => void begun.push(key), stop.signal);
  await settle();
  stop.abort();
  await run;

  assert.deepEqual(begun, ["a", "b", "c"]);
});

void test("WorkQueue gives a key that was added during its work another turn, behind the others", async () => {
  const queue = new WorkQueue();
  const stop = new AbortController();
  const { work, begun, end } = steered();
  const run = queue.run(1, work, stop.signal);

  queue.add("a");
  await settle();
  queue.add("a");
  queue.add("b");
  queue.add("a");
  await end("a");
  await end("b");
  await end("a");
  stop.abort();
  await run;

  assert.deepEqual(begun, ["a", "b", "a"]);
});

void test("WorkQueue works on so many keys at once, and never on one twice at the same time", async () => {
  const queue = new WorkQueue();
  const stop = new AbortController();
  const { work, running, end } = steered();
  const run = queue.run(2, work, stop.signal);

  for (const key of ["a", "b", "c"]) queue.add(key);
  await settle();
  queue.add("a");
  assert.deepEqual([...running.keys()], ["a", "b"]);
  await end("b");
  assert.deepEqual([...running.keys()], ["a", "c"]);
  await end("a");
  assert.deepEqual([...running.keys()], ["c", "a"]);

  await end("c");
  await end("a");
  stop.abort();
  await run;
});

void test("WorkQueue waits longer after each failure in a row, and begins anew after a success", () => {
  const queue = new WorkQueue({
    clock: new FakeClock(),
    random: () => 1,
    minDelayMs: 100,
    maxDelayMs: 1_000,
  });

  const delays = Array.from({ length: 6 }, () => queue.addFailed("a"));
  queue.forgetFailures("a");

  assert.deepEqual(delays, [100, 200, 400, 800, 1_000, 1_000]);
  assert.equal(queue.addFailed("a"), 100);
  assert.equal(queue.addFailed("b"), 100, "every key has its own count");
});

void test("WorkQueue adds jitter, so that what failed together does not come back together", () => {
  const queue = new WorkQueue({ clock: new FakeClock(), random: () => 0, minDelayMs: 100 });

  assert.equal(queue.addFailed("a"), 50);
});

void test("WorkQueue.addAfter() keeps the first of several times", async () => {
  const clock = new SteppedClock();
  const queue = new WorkQueue({ clock });
  queue.addAfter("a", 5_000);
  queue.addAfter("a", 1_000);
  queue.addAfter("a", 9_000);

  await clock.advance(999);
  assert.equal(queue.depth, 0);
  await clock.advance(1);
  assert.equal(queue.depth, 1);
  assert.equal(clock.sleepers, 0, "the other times are forgotten");
});

void test("WorkQueue forgets a key's time when work on it begins, because that decides anew", async () => {
  const clock = new SteppedClock();
  const queue = new WorkQueue({ clock });
  const stop = new AbortController();
  let count = 0;
  queue.addAfter("a", 1_000);
  queue.add("a");

  const run = queue.run(1, async () => void count++, stop.signal);
  await settle();
  await clock.advance(2_000);
  stop.abort();
  await run;

  assert.equal(count, 1);
});

void test("WorkQueue.run() takes no more after an abort and waits for what had begun", async () => {
  const clock = new SteppedClock();
  const queue = new WorkQueue({ clock });
  const stop = new AbortController();
  const { work, begun, end } = steered();
  let isOver = false;
  const run = queue.run(1, work, stop.signal).then(() => (isOver = true));
  queue.add("a");
  queue.add("b");
  queue.addAfter("c", 1_000);
  await settle();

  stop.abort();
  await settle();
  assert.equal(isOver, false);
  await end("a");
  await run;

  assert.deepEqual(begun, ["a"]);
  assert.equal(clock.sleepers, 0, "no timer is left");
});

void test("WorkQueue tells an observer its depth and how long keys waited", async () => {
  const clock = new SteppedClock();
  const depths: number[] = [];
  const waits: number[] = [];
  const observer = {
    onDepth: (depth: number) => depths.push(depth),
    onStart: (ms: number) => waits.push(ms),
  };
  const queue = new WorkQueue({ clock, observer });
  const stop = new AbortController();

  queue.add("a");
  await clock.advance(70);
  queue.add("b");
  const run = queue.run(1, () => Promise.resolve(), stop.signal);
  await settle();
  stop.abort();
  await run;

  assert.deepEqual(depths.slice(0, 4), [1, 2, 1, 0]);
  assert.deepEqual(waits, [70, 0]);
});
