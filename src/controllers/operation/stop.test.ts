import assert from "node:assert/strict";
import { test } from "node:test";
import * as resources from "../../kubernetes/resources.ts";
import { StargateError } from "../../lib/errors.ts";
import { Story } from "./story.ts";

void test("a cancellation before the Operation begins ends it, and nothing is touched", async () => {
  const story = new Story();
  story.put({ cancel: true });

  await story.reconcile();

  assert.equal(story.operation().status.phase, "Failed");
  assert.equal(story.condition("Complete"), "False Cancelled");
  assert.deepEqual(story.connects, []);
  assert.equal(story.server().status.state, undefined);
});

void test("a cancellation lets what runs on the host come to its end, and says where it stopped", async () => {
  const story = new Story();
  story.runsOn = ["reset-node"];
  story.doing["reset-node"] = async (signal) => {
    await story.cancel();
    signal.throwIfAborted();
  };

  assert.equal(await story.reconcile(), 0);
  assert.equal(story.operation().status.phase, "Running");
  assert.deepEqual(story.stopped, []);
  await story.reconcile();

  const { status, metadata } = story.operation();
  assert.equal(status.phase, "Failed");
  assert.equal(status.reason, "Cancelled");
  assert.match(status.message ?? "", /stopped at "Step reset-node"; ended there: reset-node; .*half-way/);
  assert.deepEqual(story.stopped, ["uid-of-op-1 120000"]);
  assert.deepEqual(metadata.finalizers, []);
  assert.deepEqual(story.tokens(), []);
  assert.equal(story.server().status.state, "error");
  assert.equal(story.server().status.currentOperation, undefined);
  assert.equal(status.steps?.find(({ name }) => name === "reset-node")?.state, "Failed");
});

void test("a cancellation before anything was changed leaves the node as it was", async () => {
  const story = new Story();
  story.putNode("old-node");
  story.cluster.put(resources.pods, {
    metadata: { name: "web", namespace: "default", uid: "web" },
    spec: {},
  });
  story.cluster.beforeWrite = (_verb, plural) => {
    if (plural !== "pods/eviction") return;
    assert.equal(story.node().spec.unschedulable, true);
    story.cluster.beforeWrite = () => undefined;
    void story.cancel();
    throw new StargateError("ApiThrottled", "disruption budget", { retriable: true });
  };

  await story.reconcile();
  await story.reconcile();

  assert.equal(story.operation().status.reason, "Cancelled");
  assert.match(story.operation().status.message ?? "", /nothing was changed on the server/);
  assert.equal(story.node().spec.unschedulable, false);
  assert.equal(story.server().status.state, "pending");
  assert.deepEqual(story.ran, ["prepare-host"]);
});

void test("a cancellation of an Operation whose host is gone ends it all the same, and says so", async () => {
  const story = new Story();
  story.doing["reset-node"] = async (signal) => {
    await story.cancel();
    signal.throwIfAborted();
  };
  await story.reconcile();
  const noAnswer = new StargateError("ConnectTimeout", "no answer", { retriable: true });
  story.connectErrors.push(...Array.from({ length: 100 }, () => noAnswer));
  const began = story.clock.now();

  await story.reconcile();

  assert.equal(story.operation().status.phase, "Failed");
  assert.match(story.operation().status.message ?? "", /does not answer, so what ran there may still run/);
  assert.ok(story.clock.now() - began <= 30_000);
});

void test("a cancellation whose connection breaks goes on over another one", async () => {
  const story = new Story();
  story.doing["reset-node"] = async (signal) => {
    await story.cancel();
    signal.throwIfAborted();
  };
  await story.reconcile();
  story.stopErrors.push(new StargateError("ConnectionLost", "cut", { retriable: true }));

  await story.reconcile();

  assert.match(story.operation().status.message ?? "", /nothing of it runs there any more/);
  assert.equal(story.stopped.length, 1);
});

void test("a cancellation while an Operation waits for its next try needs no waiting", async () => {
  const story = new Story();
  story.connectErrors.push(new StargateError("ConnectionRefused", "refused", { retriable: true }));
  await story.reconcile();
  await story.cancel();

  await story.reconcile();

  assert.equal(story.operation().status.reason, "Cancelled");
});

void test("a deletion does the same as a cancellation, and then the Operation goes", async () => {
  const story = new Story();
  story.doing["reset-node"] = async (signal) => {
    await story.cluster.delete(resources.operations, { namespace: "simulator-dc", name: "op-1" });
    story.ctx.running.stop("uid-of-op-1");
    signal.throwIfAborted();
  };
  await story.reconcile();

  await story.reconcile();

  assert.throws(() => story.operation(), /nothing there/);
  assert.deepEqual(story.stopped, ["uid-of-op-1 120000"]);
  const [event] = story.cluster.events.filter(({ reason }) => reason === "Aborted");
  assert.match(String(event?.["note"]), /Deleted while it ran/);
});
