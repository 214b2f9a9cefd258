import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { readRunningPid } from "../../src/lib/background.ts";
import { exec } from "../../src/lib/exec.ts";
import { pathsFrom } from "../../src/lib/paths.ts";
import type { World } from "../../src/lib/world.ts";
import { testWorld } from "../../src/lib/test-world.ts";
import {
  datacenterDir,
  readDatacenter,
  writeDatacenter,
  type VmState,
} from "../../src/providers/qemu/datacenter-state.ts";
import { describeBase } from "../../src/providers/qemu/observe.ts";
import { qemuReimaging } from "../../src/providers/qemu/reimage-worker.ts";
import { sampleDatacenter } from "../../src/providers/qemu/sample-datacenter.ts";
import { vmFiles } from "../../src/providers/qemu/vm-arguments.ts";
import { stopVm } from "../../src/providers/qemu/vm.ts";

/** Real QEMUs whose disks are empty overlays on an empty image. */
void describe("a fresh disk for a worker", () => {
  let root: string;
  let dir: string;
  let world: World;
  const keys: string[] = [];
  const request = (id: string) => ({ routerName: "r1", vmName: "w1", id, artifactsDir: undefined });
  const reimage = (id: string, pin?: (hostKey: string) => Promise<void>) =>
    qemuReimaging.run(request(id), pin ?? (async (key) => Promise.resolve(void keys.push(key))), world);
  const pid = () => readRunningPid(join(dir, "w1", vmFiles.pid));
  const disks = async () => (await readdir(join(dir, "w1"))).filter((name) => name.endsWith(".qcow2"));
  const worker = async (): Promise<VmState> => {
    const found = (await readDatacenter(dir))?.workers.find(({ name }) => name === "w1");
    assert.ok(found !== undefined);
    return found;
  };
  /** What the disk holds that a guest wrote: a few bytes of ours. */
  const mark = async () => {
    const [disk = ""] = await disks();
    await stopVm(join(dir, "w1"), "discard");
    await exec(["qemu-io", "-f", "qcow2", "-c", "write -P 0x5a 0 512", join(dir, "w1", disk)]);
  };
  const isMarked = async () => {
    const [disk = ""] = await disks();
    const { stdout } = await exec([
      "qemu-io",
      "-r",
      "-U",
      "-f",
      "qcow2",
      "-c",
      "read -v 0 1",
      join(dir, "w1", disk),
    ]);
    return stdout.includes("5a");
  };

  beforeEach(async () => {
    keys.length = 0;
    root = await mkdtemp(join(tmpdir(), "stargate-reimage-"));
    const env = { PATH: process.env["PATH"] ?? "", HOME: root, STARGATE_STATE_DIR: join(root, "s") };
    world = testWorld(
      { ...env, STARGATE_CACHE_DIR: process.env["STARGATE_CACHE_DIR"] },
      { paths: { ...pathsFrom(env), cacheDir: pathsFrom(process.env).cacheDir } },
    );
    const rootDisk = join(root, "base.img");
    await exec(["truncate", "-s", "8M", rootDisk]);
    const base = await describeBase({ rootDisk, format: "raw", kernel: undefined });
    dir = datacenterDir(world.paths.datacentersDir, "r1");
    await writeDatacenter(dir, {
      ...sampleDatacenter,
      network: { mode: "rootless", group: "239.255.77.78", port: 29_998, uplinkCidr: "10.0.2.0/24" },
      workers: sampleDatacenter.workers.map((vm) => ({ ...vm, base, cpus: 1, memoryMiB: 64, diskGiB: 1 })),
    });
  });
  afterEach(async () => {
    await stopVm(join(dir, "w1"), "discard");
    await rm(root, { recursive: true, force: true });
  });

  void it("comes with another host key and system, under the same name and addresses", async () => {
    await reimage("first");
    const before = await worker();
    await mark();
    assert.ok(await isMarked());

    await reimage("second");

    const after = await worker();
    const same = ({ name, ipv4, macAddress, cpus, memoryMiB, diskGiB }: VmState) => ({
      ...{ name, ipv4, macAddress, cpus, memoryMiB, diskGiB },
    });
    assert.deepEqual(same(after), same(before));
    assert.notEqual(after.uuid, before.uuid);
    assert.deepEqual(keys, [before.hostKey.publicKey, after.hostKey.publicKey]);
    assert.equal(new Set(keys).size, 2);
    assert.equal((await disks()).length, 1);
    assert.equal(await isMarked(), false);
    assert.ok((await pid()) !== undefined);
  });

  void it("is made once for a wish, however often that is uttered", async () => {
    await reimage("wish");
    const [running, { hostKey }] = [await pid(), await worker()];
    await reimage("wish");
    assert.equal(await pid(), running);

    await mark(); // the VM is stopped then
    await reimage("wish");

    assert.ok((await pid()) !== undefined);
    assert.ok(await isMarked(), "a VM that stopped is started, from the disk that it has");
    assert.deepEqual(keys, Array(3).fill(hostKey.publicKey));
  });

  void it("is not made before its key is pinned, and made by whoever comes after a crash", async () => {
    await reimage("first");
    const running = await pid();
    const crash = new Error("killed");
    await assert.rejects(
      reimage("second", async () => Promise.reject(crash)),
      crash,
    );
    assert.equal(await pid(), running, "the old system is untouched until then");
    const { hostKey } = await worker();

    await reimage("second");

    assert.equal(keys.at(-1), hostKey.publicKey);
    assert.notEqual(await pid(), running);
    assert.equal((await disks()).length, 1);
  });

  void it("is refused where another host keeps the datacenter, or the image is gone", async () => {
    await assert.rejects(qemuReimaging.prepare({ ...request("x"), routerName: "r2" }, world), {
      reason: "DatacenterElsewhere",
    });
    await assert.rejects(qemuReimaging.prepare({ ...request("x"), vmName: "w9" }, world), {
      reason: "DatacenterElsewhere",
    });
    await qemuReimaging.prepare(request("x"), world);
    await rm(join(root, "base.img"));

    await assert.rejects(qemuReimaging.prepare(request("x"), world), { reason: "ImageGone" });
  });
});
