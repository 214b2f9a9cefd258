import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  linkSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
  readFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openPrivateLog } from "./private-log.ts";

void describe("openPrivateLog()", () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "stargate-log-"));
  });
  after(() => rmSync(dir, { recursive: true }));

  function append(path: string, text: string): void {
    const log = openPrivateLog(path);
    writeSync(log, text);
    closeSync(log);
  }

  void it("appends to a log that others cannot read, also where they once could", () => {
    const path = join(dir, "log");
    append(path, "one ");
    chmodSync(path, 0o644);
    append(path, "two");

    assert.equal(readFileSync(path, "utf8"), "one two");
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  const planted: [what: string, plant: (path: string, victim: string) => void, message: RegExp][] = [
    ["a link", (path, victim) => symlinkSync(victim, path), /it is a link/],
    ["a link to nowhere", (path, victim) => symlinkSync(`${victim}-none`, path), /it is a link/],
    ["a second name of another file", (path, victim) => linkSync(victim, path), /it has a second name/],
    ["a pipe", (path) => void execFileSync("mkfifo", [path]), /it is not a file/],
    ["a device", (path) => symlinkSync("/dev/null", path), /it is a link/],
  ];
  for (const [index, [what, plant, message]] of planted.entries()) {
    void it(`refuses ${what} put in its place, and leaves it as it is`, () => {
      const [path, victim] = [join(dir, `planted-${index}`), join(dir, `victim-${index}`)];
      writeFileSync(victim, "kept", { mode: 0o640 });
      plant(path, victim);

      assert.throws(() => openPrivateLog(path), { reason: "LogNotOurs", message });

      assert.equal(readFileSync(victim, "utf8"), "kept");
      assert.equal(statSync(victim).mode & 0o777, 0o640);
    });
  }
});
