import assert from "node:assert/strict";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { rotateIfLong } from "./part-log.ts";

let dir: string;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "stargate-part-log-"));
});
after(() => rm(dir, { recursive: true, force: true }));

void test("rotateIfLong() leaves a short log, and keeps a long one once", async () => {
  const path = join(dir, "grows.log");
  await rotateIfLong(path, 5);
  await writeFile(path, "12345");
  await rotateIfLong(path, 5);
  assert.equal(await readFile(path, "utf8"), "12345");

  await appendFile(path, "6");
  await rotateIfLong(path, 5);

  assert.equal(await readFile(path, "utf8"), "");
  assert.equal(await readFile(`${path}.1`, "utf8"), "123456");
});
