import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sampleDatacenter } from "../sample-datacenter.ts";
import { bridgeNetwork, chooseBridge, chooseLink } from "./bridge.ts";
import { subnetOf } from "../../assign-addresses.ts";

void describe("chooseLink()", () => {
  const cases: [name: string, start: number, taken: string[], link: string][] = [
    ["begins at its place", 0, [], "198.18.0.0/29"],
    ["counts in links of eight addresses", 33, [], "198.18.1.8/29"],
    ["passes what is taken", 0, ["198.18.0.0/29", "198.18.0.8/29"], "198.18.0.16/29"],
    ["passes a single address of a route", 0, ["198.18.0.1/32"], "198.18.0.8/29"],
    ["goes round at the end", 16_383, ["198.19.255.248/29"], "198.18.0.0/29"],
    ["takes no notice of what is no subnet", 0, ["unreachable"], "198.18.0.0/29"],
  ];
  for (const [name, start, taken, link] of cases) {
    void it(name, () => {
      assert.equal(chooseLink(start, taken), link);
    });
  }

  void it("says so when everything is taken", () => {
    assert.throws(() => chooseLink(0, ["198.18.0.0/15"]), /Every part of 198\.18\.0\.0\/15 is taken/);
  });
});

void describe("chooseBridge()", () => {
  void it("names links with no more than 15 characters", async () => {
    const place = { dir: "/state/datacenters/r1", subnet: subnetOf("192.168.100.0/24") };

    const { name } = await chooseBridge(place, [], new AbortController().signal);

    assert.match(name, /^sg[0-9a-f]{12}$/);
  });
});

void describe("bridgeNetwork()", () => {
  const network = bridgeNetwork(
    { mode: "bridge", name: "sg0123456789ab", uplinkCidr: "198.18.3.8/29" },
    sampleDatacenter,
  );

  void it("has a tap for each address and runs VMs in its namespace", () => {
    const taps = [sampleDatacenter.router, ...sampleDatacenter.workers].map((vm) => network.lanNetdev(vm));

    assert.deepEqual(
      taps.map((netdev) => /ifname=([^,]+)/.exec(netdev)?.[1]),
      ["lan1", "lan10", "lan11"],
    );
    assert.deepEqual(network.inside(["qemu"]), ["nsenter", "--net=/run/netns/sg0123456789ab", "qemu"]);
  });

  void it("has the routers beside this host's end of the link, each with a tap of its own", async () => {
    const [first, second] = await Promise.all([network.uplink(0), network.uplink(1)]);

    assert.deepEqual([first.gateway, first.hostAddress], ["198.18.3.9", "198.18.3.9"]);
    assert.deepEqual([first.address, second.address], ["198.18.3.10", "198.18.3.11"]);
    assert.match(network.uplinkNetdev(0), /ifname=uplink,/);
    assert.match(network.uplinkNetdev(1), /ifname=uplink2,/);
  });
});
