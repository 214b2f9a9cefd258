import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Facts } from "./facts.ts";
import { findOverlaps } from "./overlaps.ts";
import { datacenterWith, deviceWith, factsWith, SUBNET } from "./test-objects.ts";

const router = datacenterWith({ name: "router-b" });
const wide = { cidr: "192.168.0.0/16", what: "the network at this host's eth0" };
const device = (change: object) => ({ tailnet: { kind: "devices" as const, devices: [deviceWith(change)] } });

const cases: [what: string, change: Partial<Facts>, expected: string[]][] = [
  [
    "nothing where nobody is near",
    { others: [datacenterWith({ name: "b", spec: { subnets: ["10.0.0.0/8"] } })] },
    [],
  ],
  ["another datacenter's subnet", { others: [router] }, ['datacenter "simulator-dc/router-b"']],
  [
    "nothing in a datacenter that is being deleted",
    { others: [datacenterWith({ name: "b", meta: { deletionTimestamp: "2026-01-02T00:00:00Z" } })] },
    [],
  ],
  ["the cluster's pods", { reserved: [{ ...wide, what: "pods" }] }, ["pods"]],
  ["the host's own network", { hostNetworks: [wide] }, ["the network at this host's eth0"]],
  ["a route of a device that is no router", device({ hostname: "laptop" }), ['a route of device "laptop"']],
  ["nothing in a route that nobody approved", device({ hostname: "laptop", enabledRoutes: [] }), []],
  [
    "nothing in a route that is not advertised any more",
    device({ hostname: "laptop", advertisedRoutes: [] }),
    [],
  ],
  [
    "nothing in an exit node",
    device({ hostname: "exit", advertisedRoutes: ["0.0.0.0/0"], enabledRoutes: ["0.0.0.0/0"] }),
    [],
  ],
];

void describe("findOverlaps()", () => {
  for (const [what, change, expected] of cases) {
    void it(`finds ${what}`, () => {
      const found = findOverlaps(factsWith(change));

      assert.deepEqual(
        found.map(({ other }) => other.what),
        expected,
      );
      assert.ok(found.every(({ subnet }) => subnet === SUBNET));
    });
  }

  void it("gives the addresses to one of two datacenters, even of the same age", () => {
    const a = datacenterWith({ name: "router-a" });
    const isOthers = (datacenter: Facts["datacenter"], other: Facts["datacenter"]) =>
      findOverlaps(factsWith({ datacenter, others: [other] })).map((overlap) => overlap.isOthers);

    assert.deepEqual([isOthers(a, router), isOthers(router, a)], [[false], [true]]);
  });
});
