import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { judgeHost, type HostFacts } from "./host.ts";
import { troubles } from "./troubles.ts";

const GiB = 1024;
const host: HostFacts = {
  platform: "linux",
  arch: "x64",
  kernel: "6.12",
  nodeVersion: "24.21.0",
  cpus: 2,
  availableMemoryMiB: 8 * GiB,
  freeDiskMiB: { state: 50 * GiB, cache: 50 * GiB },
  installed: new Set(
    "qemu-img mmdebstrap xorriso mkfs.ext4 ssh-keygen zstd qemu-system-x86_64 qemu-system-aarch64".split(" "),
  ),
  go: { value: "1.26.8" },
  hasKvm: true,
  runsVms: true,
};

void describe("judgeHost()", () => {
  const rows: { given: string; facts: Partial<HostFacts>; expected: string[] }[] = [
    { given: "a good host", facts: {}, expected: [] },
    { given: "an emulating host", facts: { hasKvm: false }, expected: [] },
    { given: "another system", facts: { platform: "darwin" }, expected: ["red system: darwin x64"] },
    { given: "an old Node.js", facts: { nodeVersion: "24.11.1" }, expected: ["red Node.js: 24.11.1"] },
    {
      given: "little memory",
      facts: { availableMemoryMiB: GiB },
      expected: ["warning memory: 1.0 GiB available"],
    },
    { given: "little memory and no VMs", facts: { availableMemoryMiB: GiB, runsVms: false }, expected: [] },
    {
      given: "a full disk",
      facts: { freeDiskMiB: { state: GiB, cache: 5 * GiB } },
      expected: ["red disk for state: 1.0 GiB free", "warning disk for cache: 5.0 GiB free"],
    },
    {
      given: "missing programs",
      facts: { installed: new Set(["xorriso"]), arch: "arm64" },
      expected: [
        "red programs: not installed: qemu-img, mmdebstrap, mkfs.ext4, ssh-keygen, zstd, qemu-system-aarch64",
      ],
    },
    {
      given: "missing programs of VMs that are elsewhere",
      facts: { installed: new Set([...host.installed].filter((name) => name !== "xorriso")), runsVms: false },
      expected: ["warning programs: not installed: xorriso"],
    },
    {
      given: "no Go",
      facts: { go: { error: new Error("none") } },
      expected: ["warning Go: no Go that can build the toolchain"],
    },
  ];
  for (const { given, facts, expected } of rows) {
    void it(`given ${given}`, () => assert.deepEqual(troubles(judgeHost({ ...host, ...facts })), expected));
  }
});
