import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { ensureBackground, readRunningPid, readStartTime, stopBackground } from "./background.ts";

void describe("background programs", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "stargate-background-"));
  });
  afterEach(async () => {
    await stopBackground(join(dir, "pid"), { timeoutMs: 0 });
    await rm(dir, { recursive: true, force: true });
  });
  const program = (...argv: [string, ...string[]]) => ({
    argv,
    pidPath: join(dir, "pid"),
    logPath: join(dir, "log"),
  });

  void it("ensureBackground() starts a program once", async () => {
    const first = await ensureBackground(program("sleep", "60"));
    const second = await ensureBackground(program("sleep", "60"));

    assert.equal(first.started, true);
    assert.deepEqual(second, { pid: first.pid, started: false });
  });

  void it("stopBackground() ends it and forgets it", async () => {
    const { pid } = await ensureBackground(program("sleep", "60"));

    assert.equal(await stopBackground(join(dir, "pid")), true);

    assert.equal(readStartTime(pid), undefined);
    assert.equal(await stopBackground(join(dir, "pid")), false);
  });

  void it("stopBackground() never touches a stranger that has the same process id", async () => {
    await writeFile(join(dir, "pid"), JSON.stringify({ pid: process.pid, startTime: "1" }));

    assert.equal(await readRunningPid(join(dir, "pid")), undefined);
    assert.equal(await stopBackground(join(dir, "pid")), false);
  });

  void it("stopBackground() kills a program that ignores SIGTERM", async () => {
    const stubborn = program("bash", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done");
    const { pid } = await ensureBackground(stubborn);
    while (!(await readFile(join(dir, "log"), "utf8")).includes("ready"));

    await stopBackground(join(dir, "pid"), { timeoutMs: 100 });

    assert.equal(readStartTime(pid), undefined);
  });

  void it("ensureBackground() says when a program cannot be started", async () => {
    await assert.rejects(ensureBackground(program(join(dir, "missing"))), /ENOENT/);
  });
});
