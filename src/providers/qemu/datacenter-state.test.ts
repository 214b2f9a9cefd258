import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { StargateError } from "../../lib/errors.ts";
import { inventoryOf, readDatacenter, readDatacenters, writeDatacenter } from "./datacenter-state.ts";
import { sampleDatacenter } from "./sample-datacenter.ts";

void describe("datacenter.json", () => {
  let root: string;
  before(async () => (root = await mkdtemp(join(tmpdir(), "stargate-datacenters-"))));
  after(() => rm(root, { recursive: true }));

  void it("comes back as it was written, and only its owner can read it", async () => {
    const dir = join(root, "r1");

    await writeDatacenter(dir, sampleDatacenter);

    assert.deepEqual(await readDatacenter(dir), sampleDatacenter);
    assert.equal((await stat(join(dir, "datacenter.json"))).mode & 0o777, 0o600);
    assert.equal((await stat(dir)).mode & 0o777, 0o700);
  });

  void it("is found among others, past folders that hold none", async () => {
    await mkdir(join(root, "half-made"));
    await mkdir(join(root, ".hidden"));

    const found = await readDatacenters(root);

    assert.deepEqual(
      found.map(({ router }) => router.name),
      ["r1"],
    );
    assert.deepEqual(await readDatacenters(join(root, "nowhere")), []);
  });

  void it("is named where it cannot be read", async () => {
    await mkdir(join(root, "broken"));
    await writeFile(join(root, "broken", "datacenter.json"), "{}");

    await assert.rejects(
      readDatacenter(join(root, "broken")),
      (error) => error instanceof StargateError && error.reason === "CorruptFile",
    );
  });
});

void describe("inventoryOf()", () => {
  void it("tells of the workers named, and nothing that is secret", () => {
    const inventory = inventoryOf(sampleDatacenter, ["w2"]);

    assert.deepEqual(inventory.workers, [
      { name: "w2", ipv4: "192.168.100.11", macAddress: "02:00:00:00:00:01", hostKey: "ssh-ed25519 w2" },
    ]);
    assert.ok(!JSON.stringify(inventory).includes("private"));
    assert.equal(inventoryOf(sampleDatacenter).workers.length, 2);
  });
});
