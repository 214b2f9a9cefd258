import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import { readTar, type TarEntry, tarOf } from "./tar-archive.ts";

const program = { path: "usr/sbin/nft", content: Buffer.from("program"), executable: true };
const link = { path: "sbin", linkTo: "usr/sbin" };

void test("tarOf gives the same bytes whatever the order of the entries", async () => {
  const one = await tarOf([program, link]);
  const other = await tarOf([link, program]);
  assert.deepEqual(one, other);
});

void test("readTar gives back what was written, and only what is wanted", async () => {
  const archive = await tarOf([program, link, { path: "etc/motd", content: Buffer.from("hello") }]);
  const found = await readTar(Readable.from([archive]), (path) => !path.startsWith("etc/"));
  assert.deepEqual(found, [link, program] satisfies TarEntry[]);
});

void test("readTar fails when its source does", async () => {
  const broken = new Readable({ read: () => broken.destroy(new Error("disk error")) });
  await assert.rejects(
    readTar(broken, () => true),
    /disk error/,
  );
});
