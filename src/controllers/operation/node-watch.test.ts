import assert from "node:assert/strict";
import { test } from "node:test";
import { Node } from "../../kubernetes/schemas.ts";
import { waitForNode, type NodeWatch } from "./node-watch.ts";

/** Nodes that a test changes by hand. */
class HandWatch implements NodeWatch {
  readonly #nodes = new Map<string, Node>();
  readonly callbacks = new Set<() => void>();

  get(name: string): Node | undefined {
    return this.#nodes.get(name);
  }

  onChange(_name: string, callback: () => void): () => void {
    this.callbacks.add(callback);
    return () => this.callbacks.delete(callback);
  }

  set(name: string): void {
    const metadata = { name, uid: "1", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" };
    this.#nodes.set(name, Node.parse({ metadata }));
    for (const callback of this.callbacks) callback();
  }
}

void test("waitForNode() answers from what is there already, and stops watching", async () => {
  const nodes = new HandWatch();
  nodes.set("vm-1");

  const answer = await waitForNode(
    nodes,
    "vm-1",
    async (node) => node?.metadata.name,
    AbortSignal.timeout(5_000),
  );

  assert.equal(answer, "vm-1");
  assert.equal(nodes.callbacks.size, 0);
});

void test("waitForNode() sees a change that comes while it looks", async () => {
  const nodes = new HandWatch();
  let looks = 0;

  const answer = await waitForNode(
    nodes,
    "vm-1",
    async (node) => {
      looks++;
      if (looks === 1) nodes.set("vm-1");
      return node?.metadata.name;
    },
    AbortSignal.timeout(5_000),
  );

  assert.equal(answer, "vm-1");
  assert.equal(looks, 2);
});

void test("waitForNode() ends with the signal", async () => {
  const nodes = new HandWatch();
  const stop = new AbortController();
  const waiting = waitForNode(nodes, "vm-1", async () => undefined, stop.signal);

  stop.abort(new DOMException("stopped", "AbortError"));

  await assert.rejects(waiting, { name: "AbortError" });
  assert.equal(nodes.callbacks.size, 0);
});
