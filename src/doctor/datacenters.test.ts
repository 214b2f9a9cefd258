import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { serverWith } from "../api/v1alpha1/test-objects.ts";
import {
  datacenterWith,
  deviceWith,
  redundantDatacenter,
  SUBNET,
} from "../controllers/datacenter/test-objects.ts";
import { StargateError } from "../lib/errors.ts";
import type { Device } from "../tailnet/tailnet.ts";
import { findPlaces, judgePlace, type Place, type ServerFacts } from "./datacenters.ts";
import { troubles } from "./troubles.ts";

const behind = serverWith({ router: { name: "router-a" } });
const place: Place = {
  name: "dc",
  provider: "qemu",
  routers: ["router-a"],
  subnets: [SUBNET],
  servers: [behind],
};
const reached: ServerFacts = {
  name: "vm-1",
  target: "192.168.100.10:22",
  wayIn: { value: undefined },
  wayOut: { value: undefined },
};

void describe("judgePlace()", () => {
  const pair = { ...place, routers: ["router-a", "router-b"] };
  const refused = new StargateError("ConnectionRefused", "connection refused");
  const rows: {
    given: string;
    place?: Place;
    devices?: Device[] | undefined;
    servers?: ServerFacts[];
    expected: string[];
  }[] = [
    { given: "everything in order", expected: [] },
    { given: "a tailnet that cannot be asked", devices: undefined, expected: [] },
    {
      given: "a router that is off",
      devices: [deviceWith({ online: false })],
      expected: [
        "red router: router-a not online in the tailnet",
        `red route ${SUBNET}: down: the router is offline`,
      ],
    },
    {
      given: "a router that was never there",
      devices: [],
      expected: [
        "red router: router-a not online in the tailnet",
        `red route ${SUBNET}: unknown: the router is not in the tailnet`,
      ],
    },
    {
      given: "a route nobody approved",
      devices: [deviceWith({ enabledRoutes: [] })],
      expected: [`red route ${SUBNET}: not approved yet`],
    },
    {
      given: "a route that is not advertised",
      devices: [deviceWith({ advertisedRoutes: [] })],
      expected: [`red route ${SUBNET}: not advertised yet`],
    },
    {
      given: "a route that another device took",
      devices: [deviceWith({ primaryRoutes: [] })],
      expected: [`red route ${SUBNET}: not primary: another device serves the same subnet`],
    },
    {
      given: "a pair, of which one carries the route and the other stands by",
      place: pair,
      devices: [deviceWith({ primaryRoutes: [] }), deviceWith({ hostname: "router-b" })],
      expected: [],
    },
    {
      given: "a pair, of which one is off",
      place: pair,
      devices: [deviceWith(), deviceWith({ hostname: "router-b", online: false })],
      expected: ["warning router: router-a online; router-b not"],
    },
    {
      given: "no Datacenter object",
      place: { ...place, subnets: [] },
      expected: ["warning object: no Datacenter says which subnets are behind router-a"],
    },
    {
      given: "a server whose SSH daemon is not there",
      servers: [reached, { ...reached, name: "vm-2", wayIn: { error: refused }, wayOut: undefined }],
      expected: ["red way in: vm-2: connection refused"],
    },
    {
      given: "a host that reaches no API server",
      servers: [
        {
          ...reached,
          wayOut: { error: new StargateError("ApiUnreachableFromWorker", "it cannot reach it") },
        },
      ],
      expected: ["red way out: vm-1: it cannot reach it"],
    },
    { given: "a host nobody may log in to", servers: [{ ...reached, wayOut: undefined }], expected: [] },
  ];
  for (const row of rows) {
    void it(`given ${row.given}`, () => {
      const facts = { place, devices: [deviceWith()], servers: [reached], ...row };
      assert.deepEqual(troubles(judgePlace(facts)), row.expected);
    });
  }
});

void describe("findPlaces()", () => {
  void it("takes servers to the datacenter of their router, and those of no known router to one of their own", () => {
    const stray = serverWith({ router: { name: "router-z" } });
    const lone = serverWith({});

    const places = findPlaces([redundantDatacenter()], [behind, stray, lone]);

    assert.deepEqual(
      places.map(({ name, routers, servers }) => [name, routers, servers.length]),
      [
        ["router-a", ["router-a", "router-b"], 1],
        ["router-z", ["router-z"], 1],
        ["(no router)", [], 1],
      ],
    );
    assert.deepEqual(findPlaces([datacenterWith()], [])[0]?.subnets, [SUBNET]);
  });
});
