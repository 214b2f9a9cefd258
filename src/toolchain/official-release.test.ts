import assert from "node:assert/strict";
import { test } from "node:test";
import { findChecksum } from "./official-release.ts";

const a = "a".repeat(64);
const b = "B".repeat(64);

const cases: { name: string; text: string; expected: string | undefined }[] = [
  { name: "a sum alone", text: `${a}\n`, expected: a },
  { name: "a sum alone without a line end", text: a, expected: a },
  { name: "one named line", text: `${a}  kubelet\n`, expected: a },
  { name: "the right one of many lines", text: `${a}  other\n${b} *kubelet\n`, expected: b.toLowerCase() },
  { name: "a line naming ./file", text: `${a}  ./kubelet\n`, expected: a },
  { name: "one line naming another file", text: `${a}  kubeadm\n`, expected: undefined },
  { name: "several sums without names", text: `${a}\n${b}\n`, expected: undefined },
  { name: "a page of HTML", text: "<html>not found</html>", expected: undefined },
  { name: "nothing", text: "", expected: undefined },
];

for (const { name, text, expected } of cases) {
  void test(`findChecksum of ${name} is ${expected === undefined ? "undefined" : "that sum"}`, () => {
    assert.equal(findChecksum(text, "kubelet"), expected);
  });
}
