import assert from "node:assert/strict";
import { test } from "node:test";
import { isRouterDevice } from "./is-router-device.ts";
import { ROUTER_TAG, type Device } from "./tailnet.ts";

const SUBNET = "192.168.100.0/24";
const device: Device = {
  ...{ id: "1", hostname: "dc-router", addresses: [], tags: [], online: false },
  ...{ advertisedRoutes: [], enabledRoutes: [], primaryRoutes: undefined },
};

const rows: [what: string, change: Partial<Device>, subnetCidr: string | undefined, expected: boolean][] = [
  ["one with our tag", { tags: [ROUTER_TAG] }, SUBNET, true],
  ["one with our tag, of a subnet not known here", { tags: [ROUTER_TAG] }, undefined, true],
  ["one without, that advertises the subnet", { advertisedRoutes: [SUBNET] }, SUBNET, true],
  ["one without, for which the subnet was approved", { enabledRoutes: [SUBNET] }, SUBNET, true],
  ["somebody's device of that name", {}, SUBNET, false],
  ["somebody's router of that name", { advertisedRoutes: ["10.0.0.0/8"] }, SUBNET, false],
  ["one without, where the subnet is not known", { advertisedRoutes: [SUBNET] }, undefined, false],
  ["another router of ours", { hostname: "other", tags: [ROUTER_TAG] }, SUBNET, false],
];
for (const [what, change, subnetCidr, expected] of rows) {
  void test(`isRouterDevice() says ${expected ? "yes" : "no"} to ${what}`, () => {
    const place = { routerNames: ["dc-router", "dc-router-2"], subnetCidr };

    assert.equal(isRouterDevice({ ...device, ...change }, place), expected);
  });
}
