import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { planDatacenter } from "./plan.ts";
import { sampleDatacenter, sampleRequest } from "./sample-datacenter.ts";

const running = { isRunning: true, hasDisk: true };
const stopped = { isRunning: false, hasDisk: true };
const missing = { isRunning: false, hasDisk: false };

void describe("planDatacenter()", () => {
  void it("creates everything where nothing is", () => {
    assert.deepEqual(planDatacenter(sampleRequest, undefined, new Map(), "rootless"), [
      { action: "create", what: "network 192.168.100.0/24 (rootless)" },
      { action: "create", what: "router r1 at 192.168.100.1" },
      { action: "create", what: "worker w1 at 192.168.100.10" },
      { action: "create", what: "worker w2 at 192.168.100.11" },
    ]);
  });

  void it("changes nothing where all runs, and starts and makes what does not", () => {
    const facts = new Map([
      ["r1", running],
      ["w1", stopped],
      ["w2", missing],
    ]);

    const actions = planDatacenter(sampleRequest, sampleDatacenter, facts, "bridge").map(
      ({ action }) => action,
    );

    assert.deepEqual(actions, ["unchanged", "unchanged", "start", "create"]);
  });

  void it("places two routers beside the gateway that they hold in turn", () => {
    const request = { ...sampleRequest, standbyNames: ["r1-2"], vmNames: ["w1"] };

    const lines = planDatacenter(request, undefined, new Map(), "rootless").map(({ what }) => what);

    assert.deepEqual(lines.slice(1), [
      "router r1 at 192.168.100.2",
      "router r1-2 at 192.168.100.3",
      "worker w1 at 192.168.100.10",
    ]);
  });

  void it("gives a new VM the next address and leaves out what is not named", () => {
    const request = { ...sampleRequest, vmNames: ["w2", "w3"] };
    const facts = new Map(["r1", "w1", "w2"].map((name) => [name, running]));

    const lines = planDatacenter(request, sampleDatacenter, facts, "rootless").map(
      ({ action, what }) => `${action} ${what}`,
    );

    assert.deepEqual(lines.slice(2), [
      "unchanged worker w2 at 192.168.100.11",
      "create worker w3 at 192.168.100.12",
      "unchanged worker w1 at 192.168.100.10, which this request leaves out",
    ]);
  });
});
