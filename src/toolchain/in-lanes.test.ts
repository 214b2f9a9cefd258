import assert from "node:assert/strict";
import { test } from "node:test";
import { inLanes } from "./in-lanes.ts";

const never = new AbortController().signal;

void test("inLanes works through everything, no more than so many at a time", async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await inLanes(2, [1, 2, 3, 4, 5], never, async (item) => {
    running++;
    most = Math.max(most, running);
    await new Promise(setImmediate);
    running--;
    done.push(item);
  });
  assert.equal(most, 2);
  assert.deepEqual(
    done.sort((a, b) => a - b),
    [1, 2, 3, 4, 5],
  );
});

void test("inLanes aborts the others when one fails, waits for them, and throws that failure", async () => {
  const ended: string[] = [];
  const run = inLanes(2, ["fails", "long", "unstarted"], never, async (item, signal) => {
    if (item === "fails") throw new Error("broken");
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    await new Promise(setImmediate);
    ended.push(item);
    signal.throwIfAborted();
  });
  await assert.rejects(run, /broken/);
  assert.deepEqual(ended, ["long"]);
});

void test("inLanes throws the caller's own reason when it is aborted from outside", async () => {
  const stop = new AbortController();
  const run = inLanes(1, [1], stop.signal, async (_item, signal) => {
    stop.abort(new Error("Ctrl-C"));
    await Promise.resolve();
    signal.throwIfAborted();
  });
  await assert.rejects(run, /Ctrl-C/);
});
