import assert from "node:assert/strict";
import { test } from "node:test";
import { exec } from "../lib/exec.ts";
import { runGroup } from "./run-group.ts";

const { signal } = new AbortController();
const isListed = (pid: number) => new RegExp(`^ *${String(pid)} sleep 300$`, "m");

void test("runGroup() says when somebody else ended the program, which then says nothing itself", async () => {
  const { exitCode, errorLines } = await runGroup(["sh", "-c", "kill -KILL $$"], {
    cwd: "/",
    env: process.env,
    signal,
  });

  assert.equal(exitCode, -1);
  assert.deepEqual(errorLines, ["sh was ended from outside: SIGKILL"]);
});

void test("runGroup() returns output, error lines and exit code", async () => {
  const result = await runGroup(["sh", "-c", "echo out; echo err >&2; exit 3"], {
    cwd: "/",
    env: process.env,
    signal,
  });

  assert.deepEqual(result, { exitCode: 3, stdout: "out\n", errorLines: ["err"] });
});

void test("runGroup(), stopped, ends what ignores the interrupt after the program itself has ended on it", async (t) => {
  const stop = new AbortController();
  // With no pipe of ours open, nothing waits for it.
  const script = `sh -c 'trap "" INT; echo $$ >&2; exec sleep 300 >/dev/null 2>&1' & wait`;
  let left = 0;
  const run = runGroup(["sh", "-c", script], {
    cwd: "/",
    env: process.env,
    signal: stop.signal,
    onLine: (line) => {
      left = Number(line);
      stop.abort(new DOMException("Ctrl-C", "AbortError"));
    },
  });

  await assert.rejects(run, { name: "AbortError" });
  // In a container without an init, what was killed stays listed, without its arguments.
  await t.waitFor(async () =>
    assert.doesNotMatch((await exec(["ps", "-eo", "pid,args"])).stdout, isListed(left)),
  );
});
