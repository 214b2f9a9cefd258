import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { FakeTailnet } from "../controllers/datacenter/fake-tailnet.ts";
import { StargateError } from "../lib/errors.ts";
import { testWorld } from "../lib/test-world.ts";
import { datacenterDir, writeDatacenter } from "../providers/qemu/datacenter-state.ts";
import { sampleDatacenter } from "../providers/qemu/sample-datacenter.ts";
import { ROUTER_TAG, type Device, type Tailnet } from "../tailnet/tailnet.ts";
import { findInTailnet } from "./find-tailnet.ts";

const root = mkdtempSync(join(tmpdir(), "stargate-tailnet-"));
const world = testWorld({ STARGATE_STATE_DIR: root });
const { router, subnetCidr } = sampleDatacenter;
before(() => writeDatacenter(datacenterDir(world.paths.datacentersDir, router.name), sampleDatacenter));
after(() => rmSync(root, { recursive: true }));

function device(id: string, change: Partial<Device>): Device {
  return {
    ...{ id, hostname: "somebody", addresses: [], tags: [], online: true },
    ...{ advertisedRoutes: [], enabledRoutes: [], primaryRoutes: undefined },
    ...change,
  };
}

function tailnetWith(listRouterKeys: Tailnet["listRouterKeys"]): Tailnet {
  const fake = new FakeTailnet(
    device("tagged", { hostname: "router-of-another-host", tags: [ROUTER_TAG] }),
    device("untagged", { hostname: router.name, advertisedRoutes: [subnetCidr] }),
    device("namesake", { hostname: router.name }),
    device("other", { advertisedRoutes: [subnetCidr] }),
  );
  return {
    description: fake.description,
    loginServer: undefined,
    checkAccess: async () => Promise.resolve(),
    createRouterKey: async () => Promise.reject(new Error("not expected")),
    revokeRouterKey: async () => Promise.reject(new Error("not expected")),
    listDevices: (signal) => fake.listDevices(signal),
    approveRoutes: async () => Promise.reject(new Error("not expected")),
    deleteDevice: async () => Promise.reject(new Error("not expected")),
    listRouterKeys,
  };
}

void describe("findInTailnet()", () => {
  void it("finds what carries our tag, and routers of here that joined without it", async () => {
    const found = await findInTailnet(tailnetWith(async () => Promise.resolve(["k1"])))(world);

    assert.deepEqual(
      found.map(({ kind, what }) => `${kind}: ${what.split(" in ")[0] ?? ""}`),
      [
        "tailnet device: router-of-another-host (tagged)",
        `tailnet device: ${router.name} (untagged)`,
        "tailnet key: k1",
      ],
    );
  });

  void it("goes on where the credentials may not look at keys", async () => {
    const forbidden = new StargateError("TailnetForbidden", "no auth_keys");

    const found = await findInTailnet(tailnetWith(async () => Promise.reject(forbidden)))(world);

    assert.deepEqual(
      found.map(({ kind }) => kind),
      ["tailnet device", "tailnet device"],
    );
  });

  void it("finds nothing without credentials", async () => {
    assert.deepEqual(await findInTailnet(undefined)(world), []);
  });
});
