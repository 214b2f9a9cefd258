import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseGo, isAtLeast, neededGo } from "./go.ts";

for (const [version, minimum, expected] of [
  ["1.26.8", "1.26.6", true],
  ["1.26.10", "1.26.6", true],
  ["1.27", "1.26.6", true],
  ["1.26.6", "1.26.6", true],
  ["1.26.5", "1.26.6", false],
  ["1.26", "1.26.6", false],
  ["1.3", "1.21", false],
  ["2.0", "1.26.6", true],
] as const) {
  void test(`isAtLeast says that ${version} is ${expected ? "" : "not "}at least ${minimum}`, () => {
    assert.equal(isAtLeast(version, minimum), expected);
  });
}

const old = { command: "go", version: "1.19.8" };
const updating = { command: "/usr/lib/go-1.24/bin/go", version: "1.24.4" };
const fresh = { command: "/usr/local/go/bin/go", version: "1.26.8" };

void test("chooseGo takes the one that is new enough, wherever it stands", () => {
  assert.deepEqual(chooseGo([old, updating, fresh], {}), { ...fresh, env: {} });
});

void test("chooseGo asks a Go that can fetch a newer one to do so", () => {
  assert.deepEqual(chooseGo([old, updating], {}), { ...updating, env: { GOTOOLCHAIN: `go${neededGo}` } });
});

void test("chooseGo respects a person's GOTOOLCHAIN=local", () => {
  assert.throws(() => chooseGo([updating], { GOTOOLCHAIN: "local" }), {
    reason: "GoTooOld",
    remedy: /Unset GOTOOLCHAIN/,
  });
});

void test("chooseGo names the version it found when that is too old", () => {
  assert.throws(() => chooseGo([old], {}), { reason: "GoTooOld", message: /1\.19\.8.*1\.26\.6/ });
});

void test("chooseGo says what to install when there is no Go", () => {
  assert.throws(() => chooseGo([], {}), { reason: "GoMissing", remedy: /go\.dev/ });
});
