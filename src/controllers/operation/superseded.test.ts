import assert from "node:assert/strict";
import { test } from "node:test";
import * as resources from "../../kubernetes/resources.ts";
import { StargateError } from "../../lib/errors.ts";
import { Story } from "./story.ts";

const ref = { namespace: "simulator-dc", name: "op-1" };

void test("reconcile() leaves an Operation to the controller that took it over, for a while", async () => {
  const story = new Story();
  story.doing["reset-node"] = async () => {
    const status = { attempts: 7, message: "the other's" };
    await story.cluster.mergePatch(resources.operations, ref, { status });
  };

  const delayMs = await story.reconcile();

  assert.equal(delayMs, 60_000);
  assert.deepEqual(story.ran, ["prepare-host", "reset-node"]);
  const { phase, attempts, message } = story.operation().status;
  assert.deepEqual({ phase, attempts, message }, { phase: "Running", attempts: 7, message: "the other's" });
  assert.equal(story.server().status.currentOperation?.name, "op-1");
  assert.equal(await story.reconcile(), 60_000, "not before its rest is over");
  delete story.doing["reset-node"];
  story.clock.advance(60_000);
  await story.reconcile();
  assert.equal(story.operation().status.phase, "Succeeded");
});

void test("reconcile() does not fail an Operation that another controller goes on with", async () => {
  const story = new Story();
  story.doing["reset-node"] = async () => {
    await story.cluster.mergePatch(resources.operations, ref, { status: { attempts: 7 } });
    throw new StargateError("UnsupportedOS", "never");
  };

  await story.reconcile();

  assert.equal(story.operation().status.phase, "Running");
});

void test("reconcile() says nothing more of an Operation that another controller has ended", async () => {
  const story = new Story();
  story.cluster.beforeWrite = (verb, plural) => {
    if (verb !== "apply" || plural !== "operations") return;
    story.cluster.beforeWrite = () => undefined;
    void story.cluster.mergePatch(resources.operations, ref, { status: { phase: "Succeeded" } });
  };

  await story.reconcile();

  assert.equal(story.operation().status.phase, "Succeeded");
  assert.deepEqual(story.ran, []);
});

void test("reconcile() goes on where something else of the Operation was changed meanwhile", async () => {
  const story = new Story();
  story.doing["reset-node"] = async () => {
    await story.cluster.mergePatch(resources.operations, ref, { metadata: { labels: { team: "a" } } });
  };

  await story.reconcile();

  assert.equal(story.operation().status.phase, "Succeeded", story.operation().status.message);
});

void test("reconcile() takes an Operation over only as it is: a step that another has begun since stays begun", async () => {
  const story = new Story();
  story.doing["reset-node"] = () =>
    Promise.reject(new StargateError("ConnectionLost", "cut", { retriable: true }));
  await story.reconcile();
  delete story.doing["reset-node"];
  story.clock.advance(60_000);
  const { attempts, steps = [] } = story.operation().status;
  const message = "begun by another";
  const begun = steps.map((step) =>
    step.name === "join-cluster" ? { ...step, message, attempts: 1 } : step,
  );
  story.cluster.beforeWrite = (verb, plural) => {
    if (verb !== "apply" || plural !== "operations") return;
    story.cluster.beforeWrite = () => undefined;
    void story.cluster.mergePatch(resources.operations, ref, { status: { steps: begun } });
  };
  const connects = story.connects.length;

  await assert.rejects(story.reconcile(), { reason: "ApiConflict" });

  assert.equal(story.connects.length, connects);
  assert.equal(story.operation().status.attempts, attempts);
  assert.equal(story.step("join-cluster")?.message, message);
  story.clock.advance(60_000);
  await story.reconcile();
  assert.equal(story.operation().status.phase, "Succeeded");
  assert.equal(story.step("join-cluster")?.attempts, 2);
});
