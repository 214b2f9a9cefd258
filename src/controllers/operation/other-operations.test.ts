import assert from "node:assert/strict";
import { test } from "node:test";
import * as resources from "../../kubernetes/resources.ts";
import { StargateError } from "../../lib/errors.ts";
import { CORDONED_BY } from "./cordon.ts";
import { Story } from "./story.ts";

const held = { nodeRef: { name: "vm-1", uid: "node-1" }, os: "k8s-1.37" };

/** A story of a server that is a node, with a pod on it. */
function nodeStory(operation: "reboot" | "deprovision", spec: { force?: boolean } = {}): Story {
  const story = new Story();
  story.put({ operation, ...spec });
  story.putServer(held);
  story.putNode("node-1");
  story.cluster.put(resources.pods, {
    metadata: { name: "web", namespace: "default", uid: "web" },
    spec: {},
  });
  return story;
}

function outcomes(story: Story): string[] {
  return (story.operation().status.steps ?? []).map(({ name, state }) => `${name} ${state}`);
}

void test("reboot drains the node, restarts the server, waits for its new boot, and lets pods in again", async () => {
  const story = nodeStory("reboot");

  const delayMs = await story.reconcile();
  assert.equal(delayMs, 2_000);
  assert.deepEqual(story.ran, ["reboot b1"]);
  assert.equal(story.operation().status.reason, "HostRestarting");
  assert.equal(story.node().spec.unschedulable, true);

  story.clock.advance(2_000);
  story.connectErrors.push(new StargateError("ConnectionRefused", "refused", { retriable: true }));
  story.clock.advance((await story.reconcile()) ?? 0);
  story.bootId = "b2";
  const last = story.reconcile();
  while (story.step("wait-for-node")?.state !== "Running") await new Promise(setImmediate);
  assert.match(story.step("wait-for-node")?.message ?? "", /not reported since the restart/);
  story.putNode("node-1", { unschedulable: true, annotations: story.node().metadata.annotations });
  await last;

  assert.equal(story.operation().status.phase, "Succeeded", story.operation().status.message);
  assert.deepEqual(outcomes(story), [
    "connect Succeeded",
    "drain-node Succeeded",
    "reboot-host Succeeded",
    "wait-for-node Succeeded",
    "uncordon-node Succeeded",
  ]);
  assert.deepEqual(story.ran, ["reboot b1"]);
  assert.equal(story.node().spec.unschedulable, false);
  assert.deepEqual(story.tokens(), []);
  const { state, nodeRef, os } = story.server().status;
  assert.deepEqual({ state, nodeRef, os }, { state: "ready", ...held });
});

void test("reboot lets pods onto a node that an earlier Operation, stopped half-way, kept them off", async () => {
  const story = nodeStory("reboot");
  story.putNode("node-1", { unschedulable: true, annotations: { [CORDONED_BY]: "earlier" } });

  story.clock.advance((await story.reconcile()) ?? 0);
  story.bootId = "b2";
  const last = story.reconcile();
  while (story.step("wait-for-node")?.state !== "Running") await new Promise(setImmediate);
  story.putNode("node-1", { unschedulable: true, annotations: story.node().metadata.annotations });
  await last;

  assert.equal(story.operation().status.phase, "Succeeded", story.operation().status.message);
  assert.equal(story.node().spec.unschedulable, false);
});

void test("reboot asks again where the server has not gone down yet", async () => {
  const story = nodeStory("reboot");

  story.clock.advance((await story.reconcile()) ?? 0);
  await story.reconcile();

  assert.deepEqual(story.ran, ["reboot b1", "reboot b1"], "the host itself makes one of it");
  assert.equal(story.operation().status.phase, "Running");
});

void test("reboot of a server that is no node only restarts it", async () => {
  const story = new Story();
  story.put({ operation: "reboot" });

  story.clock.advance((await story.reconcile()) ?? 0);
  story.bootId = "b2";
  await story.reconcile();

  assert.equal(story.operation().status.phase, "Succeeded");
  assert.deepEqual(outcomes(story), [
    "connect Succeeded",
    "drain-node Skipped",
    "reboot-host Succeeded",
    "wait-for-node Skipped",
    "uncordon-node Skipped",
  ]);
  assert.equal(story.server().status.state, "pending");
});

void test("deprovision drains the node, takes the host apart, and then removes the Node", async () => {
  const story = nodeStory("deprovision");
  const order: string[] = [];
  story.cluster.beforeWrite = (verb, plural) => {
    if (["pods/eviction", "nodes"].includes(plural)) order.push(`${verb} ${plural}`);
  };
  for (const name of ["reset-node", "clean-host"]) {
    story.doing[name] = async () => Promise.resolve(void order.push(name));
  }

  await story.reconcile();

  assert.equal(story.operation().status.phase, "Succeeded", story.operation().status.message);
  assert.deepEqual(order, [
    "patch nodes",
    "create pods/eviction",
    "reset-node",
    "clean-host",
    "delete nodes",
  ]);
  const { state, nodeRef, os } = story.server().status;
  assert.deepEqual({ state, nodeRef, os }, { state: "pending", nodeRef: undefined, os: undefined });
  assert.deepEqual(story.tokens(), []);
  assert.deepEqual(story.stopped, ["uid-of-op-1 0"]);
});

const noAnswer = () => new StargateError("ConnectTimeout", "no answer", { retriable: true });

void test("deprovision waits for a server that does not answer", async () => {
  const story = nodeStory("deprovision");
  story.connectErrors.push(noAnswer(), noAnswer());

  await story.reconcile();
  story.clock.advance(120_000);
  await story.reconcile();

  assert.equal(story.operation().status.phase, "Running");
  assert.equal(story.node().metadata.uid, "node-1");
});

void test("deprovision by force does without a server that has not answered for a minute, and says so", async () => {
  const story = nodeStory("deprovision", { force: true });
  story.connectErrors.push(noAnswer(), noAnswer());

  await story.reconcile();
  assert.equal(story.operation().status.phase, "Running");
  story.clock.advance(60_000);
  await story.reconcile();

  const { phase, reason, message } = story.operation().status;
  assert.equal(phase, "Succeeded", message);
  assert.equal(reason, "DeprovisionedByForce");
  assert.match(message ?? "", /by force: the server did not answer, so what is on it is as it was/);
  assert.throws(() => story.node(), /nothing there/);
  assert.equal(story.step("connect")?.state, "Skipped");
  assert.equal(story.step("reset-node")?.state, "Pending");
});

void test("force does not go past another host key", async () => {
  const story = nodeStory("deprovision", { force: true });
  story.connectErrors.push(new StargateError("HostKeyMismatch", "another key"));

  await story.reconcile();

  assert.equal(story.operation().status.reason, "HostKeyMismatch");
  assert.equal(story.node().metadata.uid, "node-1");
});
