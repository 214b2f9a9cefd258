import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { subnetOf } from "../../assign-addresses.ts";
import { chooseRootless, multicastGroup, rootlessNetwork, uplinkBeside } from "./rootless.ts";

const subnet = subnetOf("192.168.100.0/24");

void describe("chooseRootless()", () => {
  void it("chooses the same again, unless another datacenter has the port", async () => {
    const place = { dir: "/state/datacenters/r1", subnet };

    const first = await chooseRootless(place, []);
    const again = await chooseRootless(place, []);
    const other = await chooseRootless(place, [first.port]);

    assert.deepEqual(again, first);
    assert.notEqual(other.port, first.port);
  });
});

void describe("multicastGroup()", () => {
  void it("is an administratively scoped group, another one for each folder", () => {
    assert.match(multicastGroup("/state/datacenters/r1"), /^239\.\d+\.\d+\.\d+$/);
    assert.notEqual(multicastGroup("/state/datacenters/r1"), multicastGroup("/state/datacenters/r2"));
  });
});

void describe("uplinkBeside()", () => {
  const cases: [cidr: string, uplink: string][] = [
    ["192.168.100.0/24", "10.0.2.0/24"],
    ["10.0.2.0/25", "198.51.100.0/24"],
    ["10.0.0.0/16", "198.51.100.0/24"],
  ];
  for (const [cidr, uplink] of cases) {
    void it(`is ${uplink} for ${cidr}`, () => {
      assert.equal(uplinkBeside(subnetOf(cidr)), uplink);
    });
  }
});

void describe("rootlessNetwork()", () => {
  const network = rootlessNetwork({
    mode: "rootless",
    group: "239.1.2.3",
    port: 20_001,
    uplinkCidr: "198.51.100.0/24",
  });

  void it("leads out by the range that was chosen", () => {
    assert.match(network.uplinkNetdev(0), /^user,id=uplink,net=198\.51\.100\.0\/24,/);
  });

  void it("has the router where QEMU's user network expects it", async () => {
    assert.deepEqual(await network.uplink(0), {
      address: "198.51.100.15",
      prefixLength: 24,
      gateway: "198.51.100.2",
      nameservers: ["198.51.100.3"],
      hostAddress: "198.51.100.2",
    });
  });
});
