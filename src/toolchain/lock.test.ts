import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { withLock } from "./lock.ts";

async function lockPath(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "stargate-lock-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return join(dir, "below", "lock");
}

const quiet = { purpose: "a test", onWait: () => undefined };

void test("withLock lets the second wait until the first is done, and tells it who holds the lock", async (t) => {
  const path = await lockPath(t);
  const order: string[] = [];
  const firstMayEnd = Promise.withResolvers<undefined>();
  const firstHolds = Promise.withResolvers<undefined>();
  const first = withLock(path, { ...quiet, purpose: "the first" }, async () => {
    firstHolds.resolve(undefined);
    await firstMayEnd.promise;
    order.push("first");
  });
  await firstHolds.promise;
  const second = withLock(
    path,
    {
      ...quiet,
      onWait: (holder) => {
        order.push(`waiting for ${holder}`);
        firstMayEnd.resolve(undefined);
      },
    },
    async () => {
      order.push("second");
      await Promise.resolve();
    },
  );
  await Promise.all([first, second]);
  assert.deepEqual(order, [`waiting for the first, process ${process.pid}`, "first", "second"]);
});

void test("withLock frees the lock when the work fails", async (t) => {
  const path = await lockPath(t);
  await assert.rejects(
    withLock(path, quiet, () => Promise.reject(new Error("no"))),
    /no/,
  );
  assert.equal(await withLock(path, quiet, () => Promise.resolve(7)), 7);
});

void test("withLock stops waiting when it is aborted", async (t) => {
  const path = await lockPath(t);
  const stop = new AbortController();
  await withLock(path, quiet, async () => {
    const waiting = withLock(path, { ...quiet, onWait: () => stop.abort(), signal: stop.signal }, () =>
      Promise.resolve("never"),
    );
    await assert.rejects(waiting, { name: "AbortError" });
  });
});
