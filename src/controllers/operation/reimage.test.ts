import assert from "node:assert/strict";
import { test } from "node:test";
import { StargateError } from "../../lib/errors.ts";
import * as resources from "../../kubernetes/resources.ts";
import { serverWith } from "../../api/v1alpha1/test-objects.ts";
import type { ServerReimager } from "./context.ts";
import { Story } from "./story.ts";

const NEW_KEY = "ssh-ed25519 BBBB";

/** A story of a node that is to be reimaged. `seen` says what was so when its provider was asked, in order. */
function reimageStory(change: Partial<ServerReimager> = {}) {
  const story = new Story();
  const seen: string[] = [];
  story.put({ mode: "reimage" });
  story.putNode("old-node");
  story.bootId = "b2";
  story.ctx.reimager = {
    prepare: async ({ operationUid }) => {
      seen.push(`prepare for ${operationUid}, schedulable ${!story.node().spec.unschedulable}`);
      return Promise.resolve();
    },
    reimage: async ({ operationUid }, { pin }) => {
      seen.push(`reimage for ${operationUid}, node ${story.nodes.get("vm-1")?.metadata.uid ?? "gone"}`);
      await pin(NEW_KEY);
      seen.push(`pinned ${story.server().spec.hostKey ?? "nothing"}, contacts ${story.connects.length}`);
    },
    ...change,
  };
  return { story, seen };
}

void test("reconcile() has a server reimaged after pods have left, and contacts it only by its new key", async () => {
  const { story, seen } = reimageStory();

  await story.reconcile();

  const { status } = story.operation();
  assert.equal(status.phase, "Succeeded", status.message);
  assert.deepEqual(seen, [
    "prepare for uid-of-op-1, schedulable true",
    "reimage for uid-of-op-1, node old-node",
    `pinned ${NEW_KEY}, contacts 0`,
  ]);
  assert.deepEqual(
    status.steps?.map(({ name, state }) => `${name} ${state}`),
    [
      "prepare-reimage Succeeded",
      "drain-node Succeeded",
      "reimage-server Succeeded",
      "remove-node Succeeded",
      "connect Succeeded",
      "prepare-host Succeeded",
      "reset-node Succeeded",
      "join-cluster Succeeded",
      "wait-for-node Succeeded",
    ],
  );
  assert.deepEqual(
    story.connects.map(({ hostKey }) => hostKey),
    [NEW_KEY],
  );
  assert.equal(story.condition("Reimaged"), "True FreshDisk");
  assert.deepEqual(story.server().status.nodeRef, { name: "vm-1", uid: "new-node" });
});

void test("reconcile() reimages a server whose host key nobody knows, as nothing is asked of what is on it", async () => {
  const { story } = reimageStory();
  story.cluster.put(resources.servers, serverWith({ hostKey: undefined }));

  await story.reconcile();

  assert.equal(story.operation().status.phase, "Succeeded", story.operation().status.message);
  assert.equal(story.server().spec.hostKey, NEW_KEY);
});

void test("reconcile() fails before pods leave where the server cannot be reimaged from here", async () => {
  const { story, seen } = reimageStory({
    prepare: async () => Promise.reject(new StargateError("DatacenterElsewhere", "it is kept elsewhere")),
  });
  story.putServer({ state: "ready", nodeRef: { name: "vm-1", uid: "old-node" } });

  await story.reconcile();

  assert.equal(story.operation().status.reason, "DatacenterElsewhere");
  assert.deepEqual(seen, []);
  assert.equal(story.node().metadata.uid, "old-node");
  assert.equal(story.node().spec.unschedulable, false);
  assert.equal(story.step("drain-node")?.startedAt, undefined);
  assert.equal(story.connects.length, 0);
});

void test("reconcile() says so where a provider cannot reimage at all", async () => {
  const { story } = reimageStory();
  story.ctx.reimager = undefined;

  await story.reconcile();

  assert.equal(story.operation().status.reason, "ReimageUnsupported");
  assert.match(story.operation().status.message ?? "", /mode inplace/);
});

void test("reconcile() refuses a server that answers with its new key, but has not booted since", async () => {
  const { story } = reimageStory();
  story.bootId = "b1"; // what the node of before said
  story.putNode("old-node");

  await story.reconcile();

  assert.equal(story.operation().status.reason, "StillTheOldSystem");
  assert.equal(story.condition("Reimaged"), "False StillTheOldSystem");
  assert.deepEqual(story.ran, []);
});

void test("reconcile() goes on after a restart with the same wish, and never asks the old system", async () => {
  const { story, seen } = reimageStory();
  const reimager = story.ctx.reimager;
  story.ctx.reimager = {
    prepare: async () => Promise.resolve(),
    reimage: async (request, control) => {
      await reimager?.reimage(request, control);
      story.stop.abort(new DOMException("stopped by SIGTERM", "AbortError"));
      control.signal.throwIfAborted();
    },
  };
  await assert.rejects(story.reconcile(), { name: "AbortError" });
  assert.equal(story.step("reimage-server")?.state, "Running");

  const after = new Story();
  Object.assign(after.ctx, { client: story.cluster, caches: story.ctx.caches, nodes: story.nodes, reimager });
  after.bootId = "b2";
  after.doing["join-cluster"] = async () => {
    story.bootId = "b2";
    story.join("new-node");
    return Promise.resolve();
  };
  await after.reconcile();

  assert.equal(story.operation().status.phase, "Succeeded", story.operation().status.message);
  assert.deepEqual(
    seen.filter((line) => line.startsWith("reimage")),
    Array(2).fill("reimage for uid-of-op-1, node old-node"),
  );
  assert.equal(story.connects.length, 0);
  assert.deepEqual(
    after.connects.map(({ hostKey }) => hostKey),
    [NEW_KEY],
  );
});

void test("reconcile() leaves a node alone that has become somebody else's meanwhile", async () => {
  const { story } = reimageStory();
  story.doing["reset-node"] = async () => {
    story.putNode("a stranger");
    return Promise.resolve();
  };

  await story.reconcile();

  assert.equal(story.operation().status.reason, "NodeNameTaken");
  assert.equal(story.node().metadata.uid, "a stranger");
});
