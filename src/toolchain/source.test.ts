import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../lib/errors.ts";
import { askedSource } from "./source.ts";

void test("askedSource is auto unless STARGATE_TOOLCHAIN says otherwise", () => {
  assert.equal(askedSource({}), "auto");
  assert.equal(askedSource({ STARGATE_TOOLCHAIN: "build" }), "build");
  assert.equal(askedSource({ STARGATE_TOOLCHAIN: "download" }), "download");
});

void test("askedSource refuses a word it does not know", () => {
  assert.throws(() => askedSource({ STARGATE_TOOLCHAIN: "docker" }), UsageError);
});
