import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { deviceWith } from "../controllers/datacenter/test-objects.ts";
import { StargateError } from "../lib/errors.ts";
import { judgeTailnet, type TailnetFacts } from "./tailnet.ts";
import { troubles } from "./troubles.ts";

const inOrder: TailnetFacts = {
  description: "Tailscale",
  access: { value: undefined },
  devices: { value: [deviceWith()] },
  scopes: { value: ["devices:core", "devices:routes", "auth_keys"] },
  hasAuthKey: false,
};

void describe("judgeTailnet()", () => {
  const manual = new StargateError("ManualApprovalNeeded", "only an auth key");
  const rows: { given: string; facts: Partial<TailnetFacts>; expected: string[] }[] = [
    { given: "everything in order", facts: {}, expected: [] },
    { given: "all scopes at once", facts: { scopes: { value: ["all"] } }, expected: [] },
    { given: "an auth key only", facts: { devices: { error: manual }, scopes: undefined }, expected: [] },
    {
      given: "a scope too few",
      facts: { scopes: { value: ["devices:core", "auth_keys", "devices:routes:read"] } },
      expected: ["red scopes: the OAuth client lacks devices:routes"],
    },
    {
      given: "no scope to make keys with",
      facts: { scopes: { value: ["devices:core", "devices:routes"] } },
      expected: ["red scopes: the OAuth client lacks auth_keys"],
    },
    {
      given: "no scope to make keys with, and an auth key",
      facts: { scopes: { value: ["devices:core", "devices:routes"] }, hasAuthKey: true },
      expected: [],
    },
    {
      given: "a scope too few, and an auth key",
      facts: { scopes: { value: ["devices:core"] }, hasAuthKey: true },
      expected: ["red scopes: the OAuth client lacks devices:routes"],
    },
    {
      given: "wrong credentials",
      facts: {
        access: {
          error: new StargateError("TailnetUnauthorized", "Tailscale answered 401", {
            remedy: "Make new ones.",
          }),
        },
        devices: { error: new Error("401") },
        scopes: undefined,
      },
      expected: ["red credentials: Tailscale answered 401"],
    },
    {
      given: "a router that is there twice",
      facts: { devices: { value: [deviceWith(), deviceWith({ id: "other" })] } },
      expected: ["red devices: router-a is online twice"],
    },
    {
      given: "a device left over",
      facts: {
        devices: { value: [deviceWith(), deviceWith({ id: "old", online: false, enabledRoutes: [] })] },
      },
      expected: ["warning devices: left over from routers made anew: router-a (old)"],
    },
    {
      given: "two routers for one subnet",
      facts: { devices: { value: [deviceWith(), deviceWith({ hostname: "router-b" })] } },
      expected: [],
    },
    {
      given: "subnets that share addresses",
      facts: {
        devices: {
          value: [deviceWith(), deviceWith({ hostname: "router-b", enabledRoutes: ["192.168.100.128/25"] })],
        },
      },
      expected: ["red routes: 192.168.100.0/24 of router-a and 192.168.100.128/25 of router-b overlap"],
    },
  ];
  for (const { given, facts, expected } of rows) {
    void it(`given ${given}`, () =>
      assert.deepEqual(troubles(judgeTailnet({ ...inOrder, ...facts })), expected));
  }
});
