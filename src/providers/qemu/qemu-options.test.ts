import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { UsageError } from "../../lib/errors.ts";
import { parseQemuOptions, qemuSubnetFrom } from "./qemu-options.ts";

const sum = "a".repeat(64);

void describe("parseQemuOptions()", () => {
  void it("has a default for everything", () => {
    assert.deepEqual(parseQemuOptions({ provider: "qemu" }), {
      size: { cpus: 2, memoryMiB: 2048, diskGiB: 20 },
      network: "auto",
      accelerator: "auto",
      image: undefined,
    });
  });

  void it("takes what the README gives", () => {
    const flags = { qemuCpus: "4", qemuMemory: "4096", qemuDisk: "40", qemuNetwork: "bridge" };

    const options = parseQemuOptions(flags);

    assert.deepEqual(options.size, { cpus: 4, memoryMiB: 4096, diskGiB: 40 });
    assert.equal(options.network, "bridge");
  });

  void it("takes an image with its checksum in any case", () => {
    const image = { qemuImageUrl: "https://example.org/a.qcow2", qemuImageSha256: sum.toUpperCase() };

    assert.deepEqual(parseQemuOptions(image).image, { url: "https://example.org/a.qcow2", sha256: sum });
  });

  const mistakes: [name: string, flags: Record<string, string>, message: RegExp][] = [
    ["no number", { qemuCpus: "two" }, /--qemu-cpus "two"/],
    ["no processor", { qemuCpus: "0" }, /from 1 to/],
    ["a fraction", { qemuMemory: "2048.5" }, /--qemu-memory/],
    ["a unit", { qemuMemory: "4G" }, /--qemu-memory "4G"/],
    ["too little memory", { qemuMemory: "512" }, /from 1024/],
    ["a negative disk", { qemuDisk: "-1" }, /--qemu-disk/],
    ["a checksum alone", { qemuImageSha256: sum }, /no --qemu-image-url/],
    [
      "an image that nobody vouches for",
      { qemuImageUrl: "https://example.org/a" },
      /without --qemu-image-sha256/,
    ],
    ["a file as URL", { qemuImageUrl: "/tmp/a", qemuImageSha256: sum }, /no http/],
    ["a short checksum", { qemuImageUrl: "https://example.org/a", qemuImageSha256: "abc" }, /64 hexadecimal/],
  ];
  for (const [name, flags, message] of mistakes) {
    void it(`refuses ${name}`, () => {
      assert.throws(
        () => parseQemuOptions(flags),
        (error) => error instanceof UsageError && message.test(error.message),
      );
    });
  }
});

void describe("qemuSubnetFrom()", () => {
  void it("says what the flag says", () => {
    assert.equal(qemuSubnetFrom({ qemuSubnetCidr: "10.1.0.0/24" }), "10.1.0.0/24");
    assert.equal(qemuSubnetFrom({ provider: "qemu" }), undefined);
  });
});
