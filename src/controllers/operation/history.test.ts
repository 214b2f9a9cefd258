import assert from "node:assert/strict";
import { test } from "node:test";
import { profileWith } from "../../api/v1alpha1/test-objects.ts";
import * as resources from "../../kubernetes/resources.ts";
import { StargateError } from "../../lib/errors.ts";
import { Story } from "./story.ts";

const profile = { name: "qemu-k8s-worker", uid: "uid-of-qemu-k8s-worker", generation: 1 };
const repave = { operation: "repave" as const, name: "op-1", startedAt: "2026-01-01T00:00:00Z", profile };
const reboot = { operation: "reboot" as const, name: "earlier", startedAt: "2025-12-01T00:00:00Z" };

function putProfile(story: Story, generation: number): void {
  const { metadata, ...rest } = profileWith();
  story.cluster.put(resources.provisioningProfiles, { ...rest, metadata: { ...metadata, generation } });
}

void test("a Server remembers the profile that its last repave followed, and what else went well", async () => {
  const story = new Story();
  const before = { ...repave, name: "before", startedAt: "2025-01-01T00:00:00Z" };
  story.putServer({ history: [before, reboot] });

  await story.reconcile();

  assert.deepEqual(story.operation().status.profile, profile);
  assert.deepEqual(story.server().status.history, [reboot, repave]);
});

void test("a profile that changed under a repave is not taken for what the server has", async () => {
  const story = new Story();
  story.connectErrors.push(new StargateError("ConnectionRefused", "refused", { retriable: true }));
  story.clock.advance((await story.reconcile()) ?? 0);
  putProfile(story, 2);

  await story.reconcile();

  assert.equal(story.operation().status.phase, "Succeeded", story.operation().status.message);
  assert.equal(story.server().status.history?.[0]?.profile?.generation, 1);
});

void test("a repave that failed is not remembered", async () => {
  const story = new Story();
  story.doing["reset-node"] = async () => Promise.reject(new StargateError("Broken", "cannot reset"));
  story.putServer({ history: [reboot] });

  await story.reconcile();

  assert.equal(story.operation().status.phase, "Failed");
  assert.deepEqual(story.server().status.history, [reboot]);
});

void test("a deprovision takes the repave before it out of what is remembered", async () => {
  const story = new Story();
  story.put({ operation: "deprovision" });
  story.putServer({ history: [repave, reboot] });

  await story.reconcile();

  const { startedAt } = repave;
  assert.deepEqual(story.server().status.history, [
    reboot,
    { operation: "deprovision", name: "op-1", startedAt },
  ]);
});
