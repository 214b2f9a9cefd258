import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decideRouter, decideWorker, type DeviceState, type RouterAction, type VmFacts } from "./decide.ts";
import { sampleDatacenter } from "./sample-datacenter.ts";

const running: VmFacts = { isRunning: true, hasDisk: true };
const stopped: VmFacts = { isRunning: false, hasDisk: true };
const missing: VmFacts = { isRunning: false, hasDisk: false };
const { join } = sampleDatacenter.router;

void describe("decideWorker()", () => {
  const cases: [facts: VmFacts, action: string][] = [
    [running, "leave"],
    [{ isRunning: true, hasDisk: false }, "leave"],
    [stopped, "start"],
    [missing, "make"],
  ];
  for (const [facts, action] of cases) {
    void it(`says ${action} for ${JSON.stringify(facts)}`, () => {
      assert.equal(decideWorker(facts), action);
    });
  }
});

void describe("decideRouter()", () => {
  const terms = {
    loginServer: "http://127.0.0.1:8080",
    tags: ["tag:stargate-router"],
    loopbackPorts: [3340, 8080],
    isolated: true,
  };
  const elsewhere = { ...terms, loginServer: "http://127.0.0.1:9090" };
  const cases: [
    name: string,
    facts: VmFacts,
    given: { before?: typeof join; now?: typeof terms; device: DeviceState },
    action: RouterAction,
  ][] = [
    ["makes one that is not there", missing, { before: undefined, device: "absent" }, "make"],
    ["makes one whose disk is gone, whatever the tailnet knows", missing, { device: "offline" }, "make"],
    [
      "makes one that was cut off before it was told how to join",
      stopped,
      { before: undefined, device: "absent" },
      "make",
    ],
    ["leaves one that runs and is online", running, { device: "online" }, "leave"],
    ["leaves one that runs and is still coming up", running, { device: "offline" }, "leave"],
    ["starts one that is stopped", stopped, { device: "offline" }, "start"],
    ["gives a new key to one that its tailnet does not know", running, { device: "absent" }, "rejoin"],
    [
      "gives a new key to a stopped one that its tailnet does not know",
      stopped,
      { device: "absent" },
      "rejoin",
    ],
    [
      "makes one anew whose first boot was cut off before it joined",
      running,
      { before: { ...terms, keyInSeed: true }, device: "absent" },
      "make",
    ],
    ["gives a new key to one of another tailnet", running, { now: elsewhere, device: "offline" }, "rejoin"],
    [
      "leaves one that is online, however it was told to join",
      running,
      { now: elsewhere, device: "online" },
      "leave",
    ],
    ["leaves one that runs where the tailnet cannot be asked", running, { device: "unknown" }, "leave"],
    ["starts one that is stopped where the tailnet cannot be asked", stopped, { device: "unknown" }, "start"],
  ];
  for (const [name, facts, given, action] of cases) {
    void it(name, () => {
      assert.equal(decideRouter(facts, { before: join, now: terms, ...given }), action);
    });
  }
});
