import assert from "node:assert/strict";
import { test } from "node:test";
import { ABANDON, SERVER_FINALIZER, type Server } from "../../api/v1alpha1/server.ts";
import { operationWith, profileWith, serverWith } from "../../api/v1alpha1/test-objects.ts";
import * as resources from "../../kubernetes/resources.ts";
import { OPERATION_FINALIZER } from "../operation/facts.ts";
import { Story } from "../operation/story.ts";
import { reconcileServer } from "./reconcile-server.ts";

const ref = { namespace: "simulator-dc", name: "vm-1" };
const nodeRef = { name: "vm-1", uid: "node-1" };
const currentOperation = { name: "op-1", uid: "uid-of-op-1" };
const deletionTimestamp = "2026-01-01T00:00:00Z";

function look(story: Story): Promise<void> {
  const caches = { node: () => story.nodes.get("vm-1"), profilesHere: [profileWith()] };
  return reconcileServer(ref, story.ctx, caches, story.stop.signal);
}

function putServer(story: Story, status: Server["status"], meta: Partial<Server["metadata"]> = {}): void {
  const server = serverWith({}, status);
  story.cluster.put(resources.servers, { ...server, metadata: { ...server.metadata, ...meta } });
}

void test("a Server that has become a node gets the finalizer, once", async () => {
  const story = new Story();
  putServer(story, { nodeRef });

  await look(story);
  await look(story);

  assert.deepEqual(story.server().metadata.finalizers, [SERVER_FINALIZER]);
});

void test("a deletion is held while the Node lives, which the Server and an event say once", async () => {
  const story = new Story();
  story.putNode("node-1");
  putServer(story, { nodeRef }, { finalizers: [SERVER_FINALIZER], deletionTimestamp });

  await look(story);
  await look(story);

  const held = story.server().status.conditions?.find(({ type }) => type === "DeletionHeld");
  assert.equal(held?.reason, "NodeExists");
  assert.match(held.message, /deprovision/);
  assert.deepEqual(
    story.cluster.events.map(({ reason }) => reason),
    ["NodeExists"],
  );

  await story.cluster.mergePatch(resources.servers, ref, {
    metadata: { annotations: { [ABANDON]: "true" } },
  });
  await look(story);
  assert.throws(() => story.server(), /nothing there/);
  assert.equal(story.node().metadata.uid, "node-1");
});

void test("a deletion goes through when the Node is gone", async () => {
  const story = new Story();
  putServer(story, { nodeRef }, { finalizers: [SERVER_FINALIZER], deletionTimestamp });

  await look(story);

  assert.throws(() => story.server(), /nothing there/);
});

void test("a hold of an Operation that was deleted by force is taken back, with what it left", async () => {
  const story = new Story();
  await story.cluster.delete(resources.operations, { namespace: "simulator-dc", name: "op-1" });
  putServer(story, { currentOperation, state: "provisioning" });
  story.putNode("node-1", { unschedulable: true, annotations: { "stargate.io/cordoned-by": "uid-of-op-1" } });
  story.runsOn = ["reset-node"];

  await look(story);

  assert.deepEqual(story.stopped, ["uid-of-op-1 0"]);
  const { status } = story.server();
  assert.equal(status.currentOperation, undefined);
  assert.equal(status.state, "error");
  assert.match(status.message ?? "", /is gone: ended there: reset-node/);
  assert.equal(story.node().spec.unschedulable, false);
});

void test("a hold is left alone that only the cache takes for an orphan's", async () => {
  const story = new Story();
  putServer(story, { currentOperation, state: "provisioning" }, { finalizers: [SERVER_FINALIZER] });
  story.cluster.put(
    resources.operations,
    operationWith({ status: { phase: "Running" }, meta: { finalizers: [OPERATION_FINALIZER] } }),
  );
  story.ctx.caches = { ...story.ctx.caches, operation: () => undefined };

  await look(story);

  assert.deepEqual(story.stopped, []);
  assert.equal(story.server().status.currentOperation?.uid, "uid-of-op-1");
});
