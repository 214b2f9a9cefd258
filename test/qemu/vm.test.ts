import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { readRunningPid } from "../../src/lib/background.ts";
import { StargateError } from "../../src/lib/errors.ts";
import { exec } from "../../src/lib/exec.ts";
import type { World } from "../../src/lib/world.ts";
import { testWorld } from "../../src/lib/test-world.ts";
import { makeDisk } from "../../src/providers/qemu/make-disk.ts";
import { describeBase } from "../../src/providers/qemu/observe.ts";
import { rootlessNetwork } from "../../src/providers/qemu/network/rootless.ts";
import { sampleDatacenter } from "../../src/providers/qemu/sample-datacenter.ts";
import { renderQemuCommand, vmFiles } from "../../src/providers/qemu/vm-arguments.ts";
import { isVmRunning, startVm, stopVm } from "../../src/providers/qemu/vm.ts";

/** A real QEMU with our own arguments, whose disk is empty: the firmware finds nothing to boot, and that is enough. */
void describe("a VM", () => {
  let root: string;
  let dir: string;
  let world: World;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "stargate-vm-"));
    dir = join(root, "a,folder=with words ".repeat(6), "w1");
    await mkdir(dir, { recursive: true });
    world = testWorld({ PATH: process.env["PATH"] ?? "", STARGATE_STATE_DIR: root });
  });
  after(async () => {
    await stopVm(dir, "discard");
    await rm(root, { recursive: true, force: true });
  });

  async function command(): Promise<[string, ...string[]]> {
    const vm = { ...sampleDatacenter.router, cpus: 1, memoryMiB: 64 };
    const rootDisk = join(root, "base.img");
    await exec(["truncate", "-s", "8M", rootDisk]);
    await exec(["truncate", "-s", "1M", join(dir, vmFiles.seed)]);
    const base = await describeBase({ rootDisk, format: "raw", kernel: undefined });
    await makeDisk(dir, base, 1, world.signal);
    const network = rootlessNetwork({
      mode: "rootless",
      group: "239.255.77.77",
      port: 29_999,
      uplinkCidr: "10.0.2.0/24",
    });
    const cards = [
      { id: "uplink", netdev: network.uplinkNetdev(0), macAddress: vm.uplinkMacAddress },
      { id: "lan", netdev: network.lanNetdev(vm), macAddress: vm.macAddress },
    ];
    return renderQemuCommand({
      vm,
      title: "r1/w1, a test",
      base,
      accelerator: "tcg",
      architecture: process.arch === "arm64" ? "arm64" : "amd64",
      cards,
      extraDisks: [rootDisk],
    });
  }

  void it("starts once however often it is asked, and stops", async () => {
    const argv = await command();

    await startVm(dir, argv, world);
    const pid = await readRunningPid(join(dir, vmFiles.pid));
    await startVm(dir, argv, world);

    assert.ok(pid !== undefined);
    assert.equal(await readRunningPid(join(dir, vmFiles.pid)), pid);
    assert.equal((await stat(join(dir, vmFiles.log))).mode & 0o077, 0);

    await stopVm(dir, "discard");

    assert.equal(await isVmRunning(dir), false);
    await stopVm(dir, "discard");
  });

  void it("starts again after it was killed, past the socket that it left", async () => {
    const argv = await command();
    await startVm(dir, argv, world);
    const pid = await readRunningPid(join(dir, vmFiles.pid));
    assert.ok(pid !== undefined);
    process.kill(pid, "SIGKILL");
    while (await isVmRunning(dir)) await new Promise(setImmediate);

    await startVm(dir, argv, world);

    assert.notEqual(await readRunningPid(join(dir, vmFiles.pid)), pid);
    await stopVm(dir, "discard");
  });

  void it("tells in QEMU's own words why it does not start", async () => {
    const argv = await command();

    await assert.rejects(
      startVm(dir, [...argv, "-device", "no-such-device"], world),
      (error) =>
        error instanceof StargateError &&
        error.reason === "VmEnded" &&
        error.message.includes("no-such-device"),
    );
  });
});
