import assert from "node:assert/strict";
import { test } from "node:test";
import { StargateError } from "../../lib/errors.ts";
import { Story } from "./story.ts";

void test("a failure on the server says where all of its output is", async () => {
  const story = new Story();
  story.doing["reset-node"] = async () =>
    Promise.reject(new StargateError("CommandFailed", "reset-node on vm-1: exit code 1\nno such device"));

  await story.reconcile();

  const { reason, message } = story.operation().status;
  assert.equal(reason, "CommandFailed");
  assert.equal(
    message,
    "Step reset-node: reset-node on vm-1: exit code 1\nno such device. " +
      "All that was said there: bin/stargate logs op-1 -n simulator-dc.",
  );
});

void test("a failure before anybody was on the server speaks of no output", async () => {
  const story = new Story();
  story.connectErrors.push(new StargateError("HostKeyMismatch", "Refused to contact vm-1: another key"));

  await story.reconcile();

  assert.equal(story.operation().status.reason, "HostKeyMismatch");
  assert.doesNotMatch(story.operation().status.message ?? "", /logs/);
});
