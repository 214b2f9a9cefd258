import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../lib/errors.ts";
import { namesFor } from "./names.ts";

void test("namesFor() refuses what cannot be a host name", () => {
  for (const name of ["", "Demo", "a_b", "-a", "a".repeat(46)])
    assert.throws(() => namesFor(name), UsageError);
  assert.equal(namesFor("a".repeat(45)).container.length, 59);
});
