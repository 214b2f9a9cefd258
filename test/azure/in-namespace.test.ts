import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { runInNamespace } from "./in-namespace.ts";

void test("what a script writes in a namespace is there for it, and never on this host", async () => {
  const name = `stargate-in-namespace-${process.pid}`;
  const paths = ["/etc", "/opt", "/run", "/usr/local/bin", "/var/lib"].map((folder) => `${folder}/${name}`);
  const script = `#!/usr/bin/env bash
set -euo pipefail
for path in ${paths.join(" ")}; do mkdir "$path"; echo written >"$path/file"; rm -r "$path"; mkdir "$path"; done
for path in ${paths.join(" ")}; do echo again >"$path/file"; cat "$path/file"; done
`;
  const place = { files: { "/etc/stargate/given": "a file of its own\n" } };

  const { stdout, stderr, exitCode } = await runInNamespace(script, place, "cat /etc/stargate/given");

  assert.equal(exitCode, 0, stderr);
  assert.deepEqual(stdout.trim().split("\n"), [...paths.map(() => "again"), "a file of its own"]);
  assert.deepEqual(paths.filter(existsSync), []);
});
