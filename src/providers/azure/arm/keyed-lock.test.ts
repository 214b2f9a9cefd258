import assert from "node:assert/strict";
import { test } from "node:test";
import { createKeyedLock } from "./keyed-lock.ts";

void test("createKeyedLock() runs work of one key in turn, also after a failure, and other keys beside it", async () => {
  const lock = createKeyedLock();
  const events: string[] = [];
  const gate = Promise.withResolvers<void>();

  const first = lock.hold("/a/VNet", async () => {
    events.push("first begins");
    await gate.promise;
    throw new Error("first fails");
  });
  const second = lock.hold("/a/vnet", async () => events.push("second"));
  await lock.hold("/b", async () => events.push("other key"));
  gate.resolve();

  await assert.rejects(first, /first fails/);
  await second;
  assert.deepEqual(events, ["first begins", "other key", "second"]);
});
