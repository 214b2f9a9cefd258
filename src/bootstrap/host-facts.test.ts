import assert from "node:assert/strict";
import { test } from "node:test";
import { ZodError } from "zod";
import { parseHostFacts } from "./host-facts.ts";

const lines = [
  "os=debian 13",
  "arch=amd64",
  "kernel=6.12.0",
  "machine-id=m1",
  "boot-id=b1",
  "system-uuid=",
  "free-mib=8000",
  "cgroup=2",
  "kubelet=no",
];
const facts = {
  os: "debian 13",
  arch: "amd64",
  kernel: "6.12.0",
  "machine-id": "m1",
  "boot-id": "b1",
  "system-uuid": "",
  "free-mib": 8000,
  cgroup: 2,
  kubelet: false,
};

const rows: [given: string, text: string, facts: object][] = [
  ["what inspect-host.sh prints", lines.join("\n"), facts],
  ["a banner around it", ["Welcome!", "", ...lines, "bye"].join("\n"), facts],
  ["carriage returns", lines.join("\r\n"), facts],
  [
    "a value with an equals sign",
    lines.join("\n").replace("6.12.0", "6.12=rc1"),
    { ...facts, kernel: "6.12=rc1" },
  ],
  ["a node", lines.join("\n").replace("kubelet=no", "kubelet=yes"), { ...facts, kubelet: true }],
];
for (const [given, text, expected] of rows) {
  void test(`parseHostFacts() reads ${given}`, () => {
    assert.deepEqual(parseHostFacts(text), expected);
  });
}

for (const missing of ["machine-id", "free-mib", "kubelet"]) {
  void test(`parseHostFacts() refuses facts without ${missing}`, () => {
    const text = lines.filter((line) => !line.startsWith(missing)).join("\n");

    assert.throws(() => parseHostFacts(text), ZodError);
  });
}
