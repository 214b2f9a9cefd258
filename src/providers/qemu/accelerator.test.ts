import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { chooseAccelerator, type AcceleratorProbe } from "./accelerator.ts";
import type { GuestImage } from "./guest/guest-image.ts";
import { testWorld } from "../../lib/test-world.ts";

const image: GuestImage = { rootDisk: "/none", format: "raw", kernel: undefined };

void test("chooseAccelerator() takes tcg without a try when there is no KVM device", async (t) => {
  const { world, probe, tries } = makeScene(t, true);

  const chosen = await chooseAccelerator(world, image, { ...probe, kvmDevice: "/nonexistent" });

  assert.equal(chosen, "tcg");
  assert.equal(tries(), 0);
});

void test("chooseAccelerator() takes kvm when a kernel boots under it, and remembers", async (t) => {
  const { world, probe, tries } = makeScene(t, true);

  const chosen = [await chooseAccelerator(world, image, probe), await chooseAccelerator(world, image, probe)];

  assert.deepEqual(chosen, ["kvm", "kvm"]);
  assert.equal(tries(), 1);
});

void test("chooseAccelerator() takes tcg when the device is there and no kernel boots", async (t) => {
  const { world, probe } = makeScene(t, false);

  assert.equal(await chooseAccelerator(world, image, probe), "tcg");
});

void test("chooseAccelerator() tries again after the host has booted", async (t) => {
  const { world, probe, tries, cacheDir } = makeScene(t, true);
  writeFileSync(join(cacheDir, "accelerator.json"), '{"bootId":"an earlier one","accelerator":"tcg"}');

  assert.equal(await chooseAccelerator(world, image, probe), "kvm");
  assert.equal(tries(), 1);
});

function makeScene(t: TestContext, boots: boolean) {
  const cacheDir = mkdtempSync(join(tmpdir(), "sg-accel-"));
  t.after(() => rmSync(cacheDir, { recursive: true }));
  const kvmDevice = join(cacheDir, "kvm");
  writeFileSync(kvmDevice, "");
  let count = 0;
  const probe: AcceleratorProbe = {
    kvmDevice,
    bootsUnderKvm: async () => {
      count++;
      return boots;
    },
  };
  const world = testWorld({ STARGATE_CACHE_DIR: cacheDir, STARGATE_STATE_DIR: cacheDir });
  return { world, probe, tries: () => count, cacheDir };
}
