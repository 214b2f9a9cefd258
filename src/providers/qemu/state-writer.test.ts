import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { it } from "node:test";
import { readDatacenter, routerVms } from "./datacenter-state.ts";
import { sampleDatacenter } from "./sample-datacenter.ts";
import { StateWriter } from "./state-writer.ts";

void it("StateWriter keeps what each of two routers wrote at the same time", async () => {
  const dir = await mkdtemp(joinPath(tmpdir(), "stargate-state-"));
  try {
    const { router } = sampleDatacenter;
    const state = new StateWriter(dir, {
      ...sampleDatacenter,
      standbyRouters: [{ ...router, name: "r1-2" }],
    });
    const join = { tags: [], loopbackPorts: [], isolated: true, keyInSeed: true };

    await Promise.all([
      state.setJoin("r1", { ...join, loginServer: "http://one" }),
      state.setJoin("r1-2", { ...join, loginServer: "http://two" }),
    ]);

    const datacenter = await readDatacenter(dir);
    assert.ok(datacenter);
    assert.deepEqual(
      routerVms(datacenter).map((vm) => vm.join?.loginServer),
      ["http://one", "http://two"],
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
