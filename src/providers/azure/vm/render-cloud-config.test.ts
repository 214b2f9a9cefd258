import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { encodeCustomData, renderCloudConfig } from "./render-cloud-config.ts";

const template = "write_files:\n  - path: /a\n    content: ''\nruncmd:\n  - [run, it]\n";

void test("renderCloudConfig() puts contents in as data", () => {
  const content = "key: \"value\"\n  - $(rm -rf /) 'quoted'\n\ttab\n";

  const text = renderCloudConfig(template, { "/a": content });

  assert.ok(text.startsWith("#cloud-config\n"));
  assert.deepEqual(parse(text), { write_files: [{ path: "/a", content }], runcmd: [["run", "it"]] });
});

void test("renderCloudConfig() refuses a file that the template does not write, and one without content", () => {
  assert.throws(() => renderCloudConfig(template, { "/a": "x", "/b": "y" }), /no file \/b/);
  assert.throws(() => renderCloudConfig(template, {}), /nothing was given for \/a/);
});

void test("encodeCustomData() refuses what Azure would", () => {
  assert.equal(Buffer.from(encodeCustomData("text"), "base64").toString(), "text");
  assert.throws(() => encodeCustomData("x".repeat(70_000)), /customData/);
});
