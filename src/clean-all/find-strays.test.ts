import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, copyFileSync, mkdirSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";
import { datacenterDir, writeDatacenter } from "../providers/qemu/datacenter-state.ts";
import { sampleDatacenter } from "../providers/qemu/sample-datacenter.ts";
import { findStrays } from "./find-strays.ts";
import { testWorld } from "../lib/test-world.ts";

const root = mkdtempSync(join(tmpdir(), "stargate-strays-"));
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(root, { recursive: true });
});

const env = { STARGATE_STATE_DIR: join(root, "state"), STARGATE_CACHE_DIR: join(root, "cache") };
const world = testWorld(env, { self: ["", join(root, "bin", "stargate")] });

/** A program by the name of QEMU's that runs in a folder, as VMs do, and has a file open there. */
async function startVm(folder: string): Promise<number> {
  const program = join(root, "qemu-system-of-a-test");
  if (children.length === 0) copyFileSync("/bin/sleep", program);
  mkdirSync(folder, { recursive: true });
  const log = openSync(join(folder, "qemu.log"), "a");
  const child = spawn(program, ["600"], { cwd: folder, stdio: ["ignore", log, log] });
  children.push(child);
  closeSync(log);
  await once(child, "spawn");
  assert.ok(child.pid !== undefined);
  return child.pid;
}

void it("takes for strays the VMs of no datacenter only", async () => {
  const { datacentersDir } = world.paths;
  const known = datacenterDir(datacentersDir, sampleDatacenter.router.name);
  await writeDatacenter(known, sampleDatacenter);
  await startVm(join(known, "worker"));
  const stray = await startVm(join(datacentersDir, "lost-router", "worker"));

  const found = await findStrays(world);

  assert.deepEqual(
    found.map(({ kind, what }) => [kind, what]),
    [["process", `${stray}, qemu-system-of-a-test 600`]],
  );
});
