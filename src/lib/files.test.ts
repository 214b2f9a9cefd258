import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { z } from "zod";
import { readFileFrom, readJsonIfExists, writeFileAtomic } from "./files.ts";

void describe("files", () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "stargate-files-"));
  });
  after(() => rm(dir, { recursive: true, force: true }));

  void it("writeFileAtomic() makes folders, replaces content and mode, and leaves no temporary file", async () => {
    const path = join(dir, "a", "b.txt");

    await writeFileAtomic(path, "one", 0o644);
    await writeFileAtomic(path, "two", 0o600);

    assert.equal(await readFile(path, "utf8"), "two");
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(join(dir, "a")), ["b.txt"]);
  });

  void it("writeFileAtomic() leaves the old file whole when it cannot write", async () => {
    const path = join(dir, "folder");
    await writeFileAtomic(join(path, "child"), "kept");

    await assert.rejects(writeFileAtomic(path, "x"));

    assert.deepEqual(
      (await readdir(dir)).filter((name) => name.endsWith(".tmp")),
      [],
    );
    assert.equal(await readFile(join(path, "child"), "utf8"), "kept");
  });

  void it("readJsonIfExists() tells absent, good and corrupt apart", async () => {
    const schema = z.object({ a: z.number() });
    await writeFile(join(dir, "good.json"), '{"a":1}');
    await writeFile(join(dir, "half.json"), '{"a":');

    assert.equal(await readJsonIfExists(join(dir, "none.json"), schema), undefined);
    assert.deepEqual(await readJsonIfExists(join(dir, "good.json"), schema), { a: 1 });
    await assert.rejects(readJsonIfExists(join(dir, "half.json"), schema), { reason: "CorruptFile" });
  });

  void it("readFileFrom() reads what was added since, and all of a log that was begun anew", async () => {
    const path = join(dir, "read.log");
    assert.equal(await readFileFrom(path, 0), "");
    await writeFile(path, "old\nnew\n");

    assert.equal(await readFileFrom(path, 4), "new\n");
    assert.equal(await readFileFrom(path, 8), "");
    assert.equal(await readFileFrom(path, 100), "old\nnew\n");
  });

  void it("readFileFrom() reads the end of a very long text", async () => {
    const path = join(dir, "long.log");
    await writeFile(path, `${"x".repeat(100_000)}end`);

    const text = await readFileFrom(path, 0);

    assert.equal(text.length, 65_536);
    assert.ok(text.endsWith("xend"));
  });
});
