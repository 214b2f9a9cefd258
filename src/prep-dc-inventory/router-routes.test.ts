import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Device } from "../tailnet/tailnet.ts";
import { describeRoutes } from "./router-routes.ts";

const SUBNET = "192.168.100.0/24";

function device(change: Partial<Device> = {}): Device {
  return {
    ...{ id: "1", hostname: "r", addresses: [], tags: [], online: true },
    ...{ advertisedRoutes: [SUBNET], enabledRoutes: [SUBNET], primaryRoutes: [SUBNET] },
    ...change,
  };
}
const standby = device({ primaryRoutes: [] });

void describe("describeRoutes()", () => {
  const cases: [name: string, devices: (Device | undefined)[], expected: RegExp | undefined][] = [
    ["nothing for one router that carries the traffic", [device()], undefined],
    ["nothing for two of which the second does", [standby, device()], undefined],
    ["nothing where the tailnet does not tell", [device({ primaryRoutes: undefined })], undefined],
    ["that somebody else carries it", [standby, standby], /^a, b is not primary/],
    ["one that waits but is not approved", [device(), device({ enabledRoutes: [] })], /^b is not approved/],
    ["one that advertises nothing", [device(), device({ advertisedRoutes: [] })], /^b is not advertised/],
    ["one that is offline", [device({ online: false }), device()], /^a is down/],
    ["one that never joined", [device(), undefined], /^b is unknown/],
  ];
  for (const [name, devices, expected] of cases) {
    void it(`tells ${name}`, () => {
      const routers = devices.map((one, index) => ({ name: "ab".charAt(index), device: one }));

      const state = describeRoutes(routers, SUBNET);

      if (expected === undefined) assert.equal(state, undefined);
      else assert.match(state ?? "", expected);
    });
  }
});
