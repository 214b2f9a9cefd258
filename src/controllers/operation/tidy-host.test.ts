import assert from "node:assert/strict";
import { test } from "node:test";
import { StargateError } from "../../lib/errors.ts";
import { Story } from "./story.ts";

const lost = (): StargateError =>
  new StargateError("ConnectionLost", "the SSH connection was lost", { retriable: true });
const refused = (): StargateError => new StargateError("ConnectionRefused", "it boots", { retriable: true });

/** A deprovision whose connection breaks as it tidies up. */
function story(): Story {
  const made = new Story();
  made.put({ operation: "deprovision" });
  made.stopErrors.push(lost());
  return made;
}

void test("what a broken connection has left on a server goes over another one, as soon as it answers", async () => {
  const one = story();
  one.doing["clean-host"] = async () => {
    one.connectErrors.push(refused(), refused());
    return Promise.resolve();
  };

  await one.reconcile();

  assert.deepEqual(one.stopped, ["uid-of-op-1 0"]);
  assert.equal(one.connects.length, 4);
  assert.equal(one.operation().status.phase, "Succeeded");
});

void test("a server that never answers again keeps no Operation from its end", async () => {
  const one = story();
  const began = one.clock.now();
  one.doing["clean-host"] = async () => {
    one.connectErrors.push(...Array.from({ length: 100 }, refused));
    return Promise.resolve();
  };

  await one.reconcile();

  assert.equal(one.operation().status.phase, "Succeeded");
  assert.ok(one.clock.now() - began <= 120_000);
});

void test("where another host answers, nothing is asked of it a second time", async () => {
  const one = story();
  one.doing["clean-host"] = async () => {
    one.connectErrors.push(new StargateError("HostKeyMismatch", "another key"));
    return Promise.resolve();
  };

  await one.reconcile();

  assert.equal(one.connects.length, 2);
  assert.equal(one.operation().status.phase, "Succeeded");
});
