import assert from "node:assert/strict";
import { test } from "node:test";
import { runGroup } from "./run-group.ts";

const { signal } = new AbortController();

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
