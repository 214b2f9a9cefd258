import assert from "node:assert/strict";
import { test } from "node:test";
import { together, type Working } from "./together.ts";

/** Works until it is stopped, and then notes that it ended. */
function until(ended: string[], name: string): Working {
  const part = async (signal: AbortSignal): Promise<void> => {
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
    ended.push(name);
  };
  return { watch: part, work: part };
}

void test("together() works until it is stopped, and ends when all have ended", async () => {
  const ended: string[] = [];
  const stop = new AbortController();

  const working = together(until(ended, "a"), until(ended, "b")).work(stop.signal);
  stop.abort();
  await working;

  assert.deepEqual(ended, ["a", "b"]);
});

void test("together() stops the others when one fails, and tells why", async () => {
  const ended: string[] = [];
  const fail = async (): Promise<void> => Promise.reject(new Error("broken"));

  const both = together(until(ended, "a"), { watch: fail, work: fail });

  await assert.rejects(both.work(new AbortController().signal), /^Error: broken$/);
  assert.deepEqual(ended, ["a"]);
});
