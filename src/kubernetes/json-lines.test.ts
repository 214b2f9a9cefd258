import assert from "node:assert/strict";
import { test } from "node:test";
import { array, assert as check, asyncProperty, integer, jsonValue } from "fast-check";
import { jsonLines } from "./json-lines.ts";

async function* chunksOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const value of values) collected.push(value);
  return collected;
}

void test("jsonLines() gives the same values however the stream is cut", async () => {
  await check(
    asyncProperty(array(jsonValue()), integer({ min: 1, max: 64 }), async (values, size) => {
      const text = values.map((value) => `${JSON.stringify(value)}\n`).join("");

      assert.deepEqual(
        await collect(jsonLines(chunksOf(text, size))),
        values.map((value): unknown => JSON.parse(JSON.stringify(value))),
      );
    }),
  );
});

void test("jsonLines() drops a last line that was cut off, and empty lines", async () => {
  assert.deepEqual(await collect(jsonLines(chunksOf('{"a":1}\n\n{"b":', 5))), [{ a: 1 }]);
});
