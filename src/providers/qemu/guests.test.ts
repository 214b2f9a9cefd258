import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inventoryOf, routerVms, type Datacenter } from "./datacenter-state.ts";
import { draftDatacenter } from "./draft-datacenter.ts";
import { renderRouterSettings } from "./guest/router-settings.ts";
import { routerGuest, workerGuest } from "./guests.ts";
import { sampleDatacenter, sampleRequest } from "./sample-datacenter.ts";

const uplink = {
  address: "10.0.2.15",
  prefixLength: 24,
  gateway: "10.0.2.2",
  nameservers: [],
  hostAddress: "10.0.2.2",
};
const join = { tags: ["tag:a"], loopbackPorts: [8080], isolated: true, keyInSeed: false };
const [worker] = sampleDatacenter.workers;
if (worker === undefined) throw new Error("the sample has no worker");

function settingsOf(datacenter: Datacenter, place: number): Record<string, string> {
  const router = routerVms(datacenter)[place];
  assert.ok(router);
  const text = renderRouterSettings(routerGuest(datacenter, { ...router, join }, uplink, undefined));
  return Object.fromEntries(text.split("\n").map((line) => line.split("=", 2)));
}

void describe("routerGuest()", () => {
  void it("gives a single router the gateway's address for its own", () => {
    const settings = settingsOf(sampleDatacenter, 0);

    assert.deepEqual(
      [settings["OWN_ADDRESS"], settings["SHARED_ADDRESS"], settings["PEERS"]],
      ["192.168.100.1", "", ""],
    );
  });

  void it("gives each of several routers an address of its own, and the gateway's to hold in turn", async () => {
    const request = { ...sampleRequest, standbyNames: ["r1-2"] };
    const datacenter = await draftDatacenter(request, sampleDatacenter.network, new AbortController().signal);

    const [first, second] = [settingsOf(datacenter, 0), settingsOf(datacenter, 1)];

    assert.deepEqual([first["HOST_NAME"], second["HOST_NAME"]], ["r1", "r1-2"]);
    assert.deepEqual([first["OWN_ADDRESS"], second["OWN_ADDRESS"]], ["192.168.100.2", "192.168.100.3"]);
    assert.deepEqual([first["PEERS"], second["PEERS"]], ["192.168.100.3", "192.168.100.2"]);
    assert.deepEqual([first["SHARED_ADDRESS"], second["SHARED_ADDRESS"]], ["192.168.100.1", "192.168.100.1"]);
    const macAddresses = routerVms(datacenter).flatMap((vm) => [vm.macAddress, vm.uplinkMacAddress]);
    assert.equal(new Set(macAddresses).size, 4);
    // Workers cannot tell the difference.
    assert.equal(workerGuest(datacenter, worker, []).gateway, "192.168.100.1");
    assert.equal(inventoryOf(datacenter).gateway, "192.168.100.1");
  });
});
