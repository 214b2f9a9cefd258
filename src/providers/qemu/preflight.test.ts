import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { StargateError } from "../../lib/errors.ts";
import type { World } from "../../lib/world.ts";
import { testWorld } from "../../lib/test-world.ts";
import type { DatacenterRequest } from "../provider.ts";
import { datacenterDir, writeDatacenter } from "./datacenter-state.ts";
import { preflight } from "./preflight.ts";
import { parseQemuOptions } from "./qemu-options.ts";
import { sampleDatacenter, sampleRequest } from "./sample-datacenter.ts";

void describe("preflight()", () => {
  let root: string;
  let programs: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "stargate-preflight-"));
    programs = join(root, "bin");
    await mkdir(programs);
    for (const name of ["qemu-system-x86_64", "qemu-system-aarch64", "qemu-img", "xorriso", "ssh-keygen"]) {
      await writeFile(join(programs, name), "", { mode: 0o755 });
    }
  });
  after(() => rm(root, { recursive: true }));

  function worldWith(env: Record<string, string>): World {
    const all = { STARGATE_STATE_DIR: join(root, "state"), STARGATE_CACHE_DIR: join(root, "cache"), ...env };
    return testWorld(all);
  }

  async function refusal(
    request: DatacenterRequest,
    flags: Record<string, string>,
    world: World = worldWith({ PATH: programs }),
  ): Promise<StargateError> {
    try {
      await preflight(request, parseQemuOptions({ qemuNetwork: "rootless", ...flags }), world);
    } catch (error) {
      assert.ok(error instanceof StargateError, String(error));
      return error;
    }
    throw new assert.AssertionError({ message: "nothing was refused" });
  }

  void it("names the packages of programs that are missing", async () => {
    const error = await refusal(sampleRequest, {}, worldWith({ PATH: root }));

    assert.equal(error.reason, "ProgramMissing");
    assert.match(error.remedy ?? "", /apt-get install qemu-system-\w+ qemu-utils xorriso openssh-client/);
  });

  void it("refuses VMs for which there is no memory", async () => {
    const error = await refusal(
      { ...sampleRequest, subnetCidr: "203.0.113.0/24" },
      { qemuMemory: String(4 * 1024 * 1024) },
    );

    assert.equal(error.reason, "MemoryShort");
    assert.match(error.message, /8390656 MiB/); // two workers and the router, emulated
  });

  void it("refuses what a datacenter that is there cannot become", async () => {
    const world = worldWith({ PATH: programs, STARGATE_STATE_DIR: join(root, "other-state") });
    await writeDatacenter(datacenterDir(world.paths.datacentersDir, "r1"), sampleDatacenter);

    const error = await refusal({ ...sampleRequest, adminUsername: "admin" }, {}, world);

    assert.match(error.message, /r1 is there already, with user ubuntu/);
    assert.match(error.remedy ?? "", /destroy/);
  });

  void it("refuses a subnet in which there is no address left", async () => {
    const request = {
      ...sampleRequest,
      subnetCidr: "192.168.100.0/28",
      vmNames: ["a", "b", "c", "d", "e", "f"],
    };

    const error = await refusal(request, {});

    assert.match(error.message, /has no address left for f/);
  });
});
