import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { OutputPart } from "../../remote/read-output.ts";
import { OutputLines } from "./output-lines.ts";

function part(step: string, run: number, offset: number, text: string | Buffer): OutputPart {
  return { step, run, offset, content: Buffer.from(text) };
}

function texts(lines: readonly { text: string }[]): string[] {
  return lines.map(({ text }) => text);
}

void test("OutputLines shows steps in their order, and runs after each other", () => {
  const parts = [part("b", 2, 0, "b2\n"), part("a", 1, 0, "a1\n"), part("b", 1, 0, "b1 without end")];

  assert.deepEqual(texts(new OutputLines().take(parts, ["a", "b"])), ["a1", "b1 without end", "b2"]);
});

void test("OutputLines asks for what it has not seen, and passes over what it has", () => {
  const lines = new OutputLines();
  lines.take([part("a", 1, 0, "one\ntw")], ["a"]);

  assert.deepEqual(lines.known(), [{ step: "a", run: 1, bytes: 6 }]);
  assert.deepEqual(texts(lines.take([part("a", 1, 0, "one\ntw")], ["a"])), []);
  assert.deepEqual(texts(lines.take([part("a", 1, 6, "o\nthree")], ["a"])), ["two"]);
  assert.deepEqual(texts(lines.end()), ["three"]);
});

void test("OutputLines says the same however the text is cut into parts", () => {
  const text = "grüße\nüber\r\nzwei €uro\n\nkubeadm join abcdef.0123456789abcdef\nlast";
  const bytes = Buffer.from(text);
  const whole = new OutputLines();
  const expected = [...whole.take([part("a", 1, 0, text)], ["a"]), ...whole.end()];

  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(bytes.length)), (cuts) => {
      const lines = new OutputLines();
      const ends = [...cuts.toSorted((a, b) => a - b), bytes.length];
      const shown = ends.flatMap((end, index) => {
        const start = ends[index - 1] ?? 0;
        return lines.take([part("a", 1, start, bytes.subarray(start, end))], ["a"]);
      });
      assert.deepEqual([...shown, ...lines.end()], expected);
    }),
  );
  assert.equal(expected[4]?.text, "kubeadm join [redacted]");
});

void test("OutputLines lets nothing through that moves a terminal's cursor", () => {
  const text =
    "\u001b[2J\u001b]0;title\u0007red \u001b[31malert\u001b[0m\n10%\r55%\r100%\r\na\u0000b\u0008\n";

  assert.deepEqual(texts(new OutputLines().take([part("a", 1, 0, text)], ["a"])), [
    "red alert",
    "100%",
    "ab",
  ]);
});
