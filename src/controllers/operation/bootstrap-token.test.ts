import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as assertProperty, property, string } from "fast-check";
import { bootstrapUserOf, tokenIdOf } from "./bootstrap-token.ts";

void test("tokenIdOf() makes an id that Kubernetes takes, of any uid", () => {
  assertProperty(property(string(), (uid) => /^[a-z0-9]{6}$/.test(tokenIdOf(uid))));
});

void test("tokenIdOf() always makes the same id of the same uid, and another of another", () => {
  const uid = "5d1e1a3c-7d0b-4f8e-9a51-0d8f5a8b7c11";

  assert.equal(tokenIdOf(uid), tokenIdOf(uid));
  assert.notEqual(tokenIdOf(uid), tokenIdOf("5d1e1a3c-7d0b-4f8e-9a51-0d8f5a8b7c12"));
  assert.equal(bootstrapUserOf(uid), `system:bootstrap:${tokenIdOf(uid)}`);
});
