import assert from "node:assert/strict";
import { test } from "node:test";
import { findMissing, type Found } from "./prerequisites.ts";

const allThere: Found = {
  docker: { architecture: "amd64" },
  kind: { version: "0.32.0" },
  kubectl: { version: "v1.37.2" },
};

for (const { given, found, says } of [
  { given: "everything", found: {}, says: [] },
  {
    given: "no docker daemon",
    found: { docker: { missing: "its daemon does not answer" } },
    says: [/^docker: its daemon does not answer\. .*systemctl start docker/],
  },
  { given: "docker on another processor", found: { docker: { architecture: "riscv64" } }, says: [/riscv64/] },
  {
    given: "neither kind nor kubectl",
    found: { kind: { missing: "it is not installed" }, kubectl: { missing: "it is not installed" } },
    says: [/^kind: it is not installed\. Install it: go install/, /^kubectl: .*kubernetes\.io/],
  },
]) {
  void test(`findMissing() given ${given} says ${says.length} lines, each with what to do`, () => {
    const lines = findMissing({ ...allThere, ...found });

    assert.equal(lines.length, says.length);
    for (const [index, pattern] of says.entries()) assert.match(lines[index] ?? "", pattern);
  });
}
