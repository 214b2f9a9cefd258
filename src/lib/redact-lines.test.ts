import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { createLineRedactor } from "./redact-lines.ts";

function shown(text: string): string[] {
  const redactLine = createLineRedactor();
  return text.split("\n").flatMap((line) => redactLine(line) ?? []);
}

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString().trimEnd();

void test("a private key over many lines is masked as one", () => {
  assert.deepEqual(shown(`before\n${pem}\nafter`), ["before", "[redacted]", "after"]);
});

void test("a private key is masked where each of its lines has a prefix", () => {
  const text = pem.replaceAll(/^/gm, "key: | ");

  assert.deepEqual(shown(`${text}\nafter all`), ["key: | [redacted]", "after all"]);
});

void test("a key that is cut off masks no more than itself", () => {
  const half = pem.split("\n").slice(0, 5).join("\n");

  assert.deepEqual(shown(`${half}\n[preflight] all is well, go on\nmore`), [
    "[redacted]",
    "[preflight] all is well, go on",
    "more",
  ]);
});

void test("what redact() masks in one line is masked", () => {
  assert.deepEqual(shown("token abcdef.0123456789abcdef used\nfine"), ["token [redacted] used", "fine"]);
});
