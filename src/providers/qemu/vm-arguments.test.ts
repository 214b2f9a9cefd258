import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sampleDatacenter } from "./sample-datacenter.ts";
import { renderQemuCommand, type VmHardware } from "./vm-arguments.ts";

const [vm] = sampleDatacenter.workers;
assert.ok(vm !== undefined);

const hardware: VmHardware = {
  vm,
  title: "r1/w1",
  base: {
    rootDisk: "/cache/root.img",
    format: "raw",
    bytes: 1,
    modifiedMs: 1,
    kernel: {
      vmlinuz: "/cache/vmlinuz",
      initrd: "/cache/initrd",
      rootLabel: "stargate-root",
      parameters: ["ro", "quiet"],
    },
  },
  accelerator: "tcg",
  architecture: "amd64",
  cards: [{ id: "lan", netdev: "socket,id=lan,mcast=239.1.2.3:20001", macAddress: "02:00:00:00:00:01" }],
  extraDisks: [],
};

/** Values of an option, in order. */
function valuesOf(argv: readonly string[], option: string): string[] {
  return argv.flatMap((word, index) => (word === option ? [argv[index + 1] ?? ""] : []));
}

void describe("renderQemuCommand()", () => {
  void it("emulates all processors at once", () => {
    const argv = renderQemuCommand(hardware);

    assert.equal(argv[0], "qemu-system-x86_64");
    assert.deepEqual(valuesOf(argv, "-accel"), ["tcg,thread=multi"]);
    assert.deepEqual(valuesOf(argv, "-cpu"), ["max"]);
    assert.deepEqual(valuesOf(argv, "-smp"), ["cpus=2"]);
    assert.deepEqual(valuesOf(argv, "-m"), ["size=2048M"]);
  });

  void it("hands the processor through with KVM", () => {
    const argv = renderQemuCommand({ ...hardware, accelerator: "kvm" });

    assert.deepEqual(valuesOf(argv, "-accel"), ["kvm"]);
    assert.deepEqual(valuesOf(argv, "-cpu"), ["host"]);
  });

  void it("boots a kernel directly, with its console on the serial line", () => {
    const argv = renderQemuCommand({ ...hardware, accelerator: "kvm" });

    assert.deepEqual(valuesOf(argv, "-kernel"), ["/cache/vmlinuz"]);
    assert.deepEqual(valuesOf(argv, "-append"), ["root=LABEL=stargate-root ro quiet console=ttyS0"]);
    assert.deepEqual(valuesOf(argv, "-serial"), ["chardev:console"]);
  });

  void it("tells an emulated kernel not to move programs around in memory", () => {
    const [line] = valuesOf(renderQemuCommand(hardware), "-append");

    assert.match(line ?? "", / norandmaps .*console=ttyS0$/);
  });

  void it("leaves an image without a kernel to its own boot loader", () => {
    const { kernel: _, ...base } = hardware.base;

    const argv = renderQemuCommand({ ...hardware, base: { ...base, format: "qcow2" } });

    assert.deepEqual(valuesOf(argv, "-kernel"), []);
    assert.deepEqual(valuesOf(argv, "-append"), []);
    assert.ok(valuesOf(argv, "-device").includes("virtio-blk-pci,drive=disk,bootindex=1"));
  });

  void it("names only files of the VM's own folder, and writes commas of other paths twice", () => {
    const argv = renderQemuCommand({ ...hardware, title: "r1,w1", extraDisks: ["/cache/a,b.iso"] });

    assert.deepEqual(valuesOf(argv, "-name"), ["guest=r1,,w1"]);
    assert.deepEqual(
      valuesOf(argv, "-drive").map((value) => /file=((?:,,|[^,])*)/.exec(value)?.[1]),
      ["disk.qcow2", "seed.iso", "/cache/a,,b.iso"],
    );
    assert.ok(argv.join(" ").includes("path=qmp.sock"));
  });

  void it("gives each card its address and no boot ROM", () => {
    assert.ok(
      valuesOf(renderQemuCommand(hardware), "-device").includes(
        "virtio-net-pci,netdev=lan,mac=02:00:00:00:00:01,romfile=",
      ),
    );
  });

  void it("leaves no checksum open for a card that is told so", () => {
    const cards = hardware.cards.map((card) => ({ ...card, isOffloadFree: true }));

    const devices = valuesOf(renderQemuCommand({ ...hardware, cards }), "-device");

    assert.ok(
      devices.some((device) => /netdev=lan,.*,guest_csum=off,/.test(device)),
      devices.join("\n"),
    );
  });
});
