import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { parse } from "yaml";
import { encodeCustomData, renderCloudConfig } from "./render-cloud-config.ts";

const template = "write_files:\n  - path: /a\n    content: ''\nruncmd:\n  - [run, it]\n";

void test("renderCloudConfig() puts contents in as data", () => {
  const content = "key: \"value\"\n  - $(rm -rf /) 'quoted'\n\ttab\n";

  const text = renderCloudConfig(template, { "/a": content });

  assert.ok(text.startsWith("#cloud-config\n"));
  assert.deepEqual(parse(text), { write_files: [{ path: "/a", content }], runcmd: [["run", "it"]] });
});

void test("renderCloudConfig() compresses what is long", () => {
  const content = "0123456789\n".repeat(1_000);

  const text = renderCloudConfig(template, { "/a": content });

  assert.ok(text.length < 1_000);
  const [file] = parse(text).write_files;
  assert.equal(file.encoding, "gz+b64");
  assert.equal(gunzipSync(Buffer.from(file.content, "base64")).toString(), content);
});

void test("renderCloudConfig() refuses a file that the template does not write, and one without content", () => {
  assert.throws(() => renderCloudConfig(template, { "/a": "x", "/b": "y" }), /no file \/b/);
  assert.throws(() => renderCloudConfig(template, {}), /nothing was given for \/a/);
});

void test("encodeCustomData() refuses what Azure would", () => {
  assert.equal(Buffer.from(encodeCustomData("text"), "base64").toString(), "text");
  assert.throws(() => encodeCustomData("x".repeat(70_000)), /customData/);
});
