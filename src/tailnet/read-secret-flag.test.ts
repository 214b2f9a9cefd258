import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { UsageError } from "../lib/errors.ts";
import { redact } from "../lib/redact.ts";
import { readSecretFlag } from "./read-secret-flag.ts";

void describe("readSecretFlag()", () => {
  let dir = "";
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "sg-secret-"));
  });
  after(async () => rm(dir, { recursive: true, force: true }));

  void it("takes the text itself, and it is masked from then on", async () => {
    assert.equal(await readSecretFlag(" plain-value-1 ", "--key"), "plain-value-1");
    assert.equal(redact("got plain-value-1"), "got [redacted]");
  });

  void it("reads file:PATH without its line end", async () => {
    await writeFile(join(dir, "key"), "from-a-file-1\n");
    assert.equal(await readSecretFlag(`file:${join(dir, "key")}`, "--key"), "from-a-file-1");
  });

  void it("takes nothing and the empty string as not given", async () => {
    assert.equal(await readSecretFlag(undefined, "--key"), undefined);
    assert.equal(await readSecretFlag("", "--key"), undefined);
  });

  void it("names flag and file where the file is missing or empty", async () => {
    await writeFile(join(dir, "empty"), "\n");
    for (const name of ["missing", "empty"]) {
      await assert.rejects(readSecretFlag(`file:${join(dir, name)}`, "--key"), (error) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, new RegExp(`--key.*${name}`));
        return true;
      });
    }
  });
});
