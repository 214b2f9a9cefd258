import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sampleDatacenter } from "../sample-datacenter.ts";
import { bridgeNetwork, chooseBridge, chooseLink } from "./bridge.ts";
import { subnetOf } from "../../assign-addresses.ts";

void describe("chooseLink()", () => {
  const cases: [name: string, start: number, taken: string[], link: string][] = [
    ["begins at its place", 0, [], "198.18.0.0/30"],
    ["counts in links of four addresses", 65, [], "198.18.1.4/30"],
    ["passes what is taken", 0, ["198.18.0.0/30", "198.18.0.4/30"], "198.18.0.8/30"],
    ["passes a single address of a route", 0, ["198.18.0.1/32"], "198.18.0.4/30"],
    ["goes round at the end", 32_767, ["198.19.255.252/30"], "198.18.0.0/30"],
    ["takes no notice of what is no subnet", 0, ["unreachable"], "198.18.0.0/30"],
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
    { mode: "bridge", name: "sg0123456789ab", uplinkCidr: "198.18.3.4/30" },
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

  void it("has the router beside this host's end of the link", async () => {
    const { address, gateway, hostAddress } = await network.uplink();

    assert.deepEqual([address, gateway, hostAddress], ["198.18.3.6", "198.18.3.5", "198.18.3.5"]);
  });
});
