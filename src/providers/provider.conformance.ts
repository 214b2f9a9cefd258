import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Command } from "commander";
import { parseSubnet } from "../lib/cidr.ts";
import { UsageError } from "../lib/errors.ts";
import type { World } from "../lib/world.ts";
import { testWorld } from "../lib/test-world.ts";
import type { DatacenterRequest, Provider } from "./provider.ts";
import { providerFlags, providerIds } from "./provider-flags.ts";
import { providers } from "./registry.ts";

export interface ConformanceSubject {
  provider: Provider;
  /** Flags that are enough to make a datacenter. */
  goodFlags: Readonly<Record<string, unknown>>;
  /** Flags that it must refuse. */
  badFlags: Readonly<Record<string, unknown>>;
}

const request: DatacenterRequest = {
  routerName: "conformance-router",
  vmNames: ["vm-b", "vm-a"],
  subnetCidr: "10.77.0.0/24",
  adminUsername: "ubuntu",
  sshPublicKey: "ssh-ed25519 AAAA",
};

/** What every provider must do alike, as far as it can be seen without VMs and without a cloud. */
export function describeProvider({ provider, goodFlags, badFlags }: ConformanceSubject): void {
  void describe(`provider ${provider.id}`, () => {
    let stateDir: string;
    let world: World;
    before(async () => {
      stateDir = await mkdtemp(join(tmpdir(), "stargate-conformance-"));
      world = conformanceWorld(stateDir);
    });
    after(() => rm(stateDir, { recursive: true, force: true }));

    void it("is in the registry, by an id that may be part of names", () => {
      assert.ok(providers.includes(provider));
      assert.deepEqual(
        providers.map(({ id }) => id),
        providerIds,
      );
      assert.match(provider.id, /^[a-z][a-z0-9]*$/);
    });

    void it("describes each of its flags, which are words of lower-case letters", () => {
      const command = new Command();
      providerFlags.find(({ id }) => id === provider.id)?.addFlags(command);

      assert.notEqual(command.options.length, 0);
      for (const { long, description } of command.options) {
        assert.match(long ?? "", /^--[a-z0-9]+(-[a-z0-9]+)*$/);
        assert.ok(description.length > 5, `${long} is not described`);
      }
    });

    void it("has a default subnet", () => {
      assert.notEqual(parseSubnet(provider.defaultSubnetCidr), undefined);
    });

    void it("takes good flags and refuses bad ones", () => {
      assert.ok(provider.parseOptions(goodFlags, world));
      assert.throws(() => provider.parseOptions({ ...goodFlags, ...badFlags }, world), UsageError);
    });

    void it("knows of no datacenter where none was made", async () => {
      assert.deepEqual(await provider.listDatacenters(world), []);
      assert.equal(await provider.readInventory(request.routerName, world), undefined);
    });

    void it("plans a router at .1 and workers from .10 on, in the order given, and makes nothing", async () => {
      const options = provider.parseOptions(goodFlags, world);

      const plan = await provider.plan(request, options, world);
      const again = await provider.plan(request, options, world);

      const text = plan.map(({ action, what }) => `${action} ${what}`).join("\n");
      const places = [/router .*10\.77\.0\.1\b/, /vm-b .*10\.77\.0\.10\b/, /vm-a .*10\.77\.0\.11\b/];
      const found = places.map((place) => text.search(place));
      assert.ok(
        found.every((at, index) => at > (found[index - 1] ?? -1)),
        text,
      );
      assert.ok(
        plan.every(({ action }) => action === "create"),
        text,
      );
      assert.deepEqual(again, plan);
      assert.deepEqual(await readdir(stateDir), []);
    });

    void it("destroys a datacenter that is not there", async () => {
      await provider.destroyDatacenter(request.routerName, world);

      assert.deepEqual(await readdir(stateDir), []);
    });
  });
}

function conformanceWorld(stateDir: string): World {
  const env = {
    PATH: "/usr/bin:/bin",
    STARGATE_STATE_DIR: stateDir,
    STARGATE_CACHE_DIR: join(stateDir, "cache"),
  };
  return testWorld(env);
}
