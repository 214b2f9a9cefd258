import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { isPublished, publish, sweepTemporaries } from "./cache.ts";

async function root(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "stargate-cache-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

void test("publish shows the folder only when it is whole", async (t) => {
  const dir = join(await root(t), "etcd-1");
  await publish(dir, async (temporary) => {
    await writeFile(join(temporary, "etcd"), "program");
    assert.equal(isPublished(dir), false);
  });
  assert.equal(await readFile(join(dir, "etcd"), "utf8"), "program");
});

void test("publish leaves nothing when filling fails", async (t) => {
  const parent = await root(t);
  const run = publish(join(parent, "etcd-1"), async (temporary) => {
    await writeFile(join(temporary, "half"), "");
    throw new Error("stopped");
  });
  await assert.rejects(run, /stopped/);
  assert.deepEqual(await readdir(parent), []);
});

void test("sweepTemporaries removes what a killed run left, and nothing else", async (t) => {
  const parent = await root(t);
  await mkdir(join(parent, "etcd-1"));
  let left = "";
  await publish(join(parent, "etcd-2"), async (temporary) => {
    left = `${temporary}-of-a-killed-run`;
    await mkdir(left);
  });
  await sweepTemporaries(parent);
  assert.equal(existsSync(left), false);
  assert.deepEqual((await readdir(parent)).sort(), ["etcd-1", "etcd-2"]);
});
