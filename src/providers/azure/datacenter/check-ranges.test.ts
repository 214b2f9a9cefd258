import assert from "node:assert/strict";
import { test } from "node:test";
import type { VirtualNetwork } from "@azure/arm-network";
import { parseAzureOptions } from "../azure-options.ts";
import { virtualNetworkId } from "../resources/virtual-network.ts";
import { findRangeMistakes } from "./check-ranges.ts";

const flags = { subscriptionId: "22222222-2222-4222-8222-222222222222", resourceGroup: "dc" };

function mistakes(
  changes: { subnetCidr?: string; uplinkSubnetCidr?: string },
  networks: readonly VirtualNetwork[],
): string[] {
  const { subnetCidr = "10.50.1.0/24", ...more } = changes;
  const options = parseAzureOptions({ ...flags, ...more }, {});
  const request = {
    routerName: "r1",
    vmNames: ["w1"],
    subnetCidr,
    adminUsername: "ubuntu",
    sshPublicKey: "",
  };
  return findRangeMistakes({ request, options }, networks);
}

function network(
  subnets: Record<string, string>,
  options: { name?: string; isOurs?: boolean } = {},
): VirtualNetwork {
  const { name = "stargate-vnet", isOurs = true } = options;
  return {
    id: virtualNetworkId({ subscriptionId: flags.subscriptionId, resourceGroup: "DC" }, name),
    addressSpace: { addressPrefixes: ["10.50.0.0/16"] },
    subnets: Object.entries(subnets).map(([subnet, addressPrefix]) => ({ name: subnet, addressPrefix })),
    ...(isOurs ? { tags: { "stargate-managed": "true" } } : {}),
  };
}

void test("findRangeMistakes(): nothing is there", () => assert.deepEqual(mistakes({}, []), []));

void test("findRangeMistakes(): this datacenter's own subnets, from an earlier run", () => {
  const existing = network({ "stargate-subnet": "10.50.1.0/24", "r1-uplink": "10.50.255.240/28" });

  assert.deepEqual(mistakes({}, [existing]), []);
});

void test("findRangeMistakes(): outside the virtual network, or on another subnet of it", () => {
  assert.match(
    mistakes({ subnetCidr: "10.51.1.0/24" }, []).join(),
    /10\.51\.1\.0\/24 is not inside .* \(10\.50\.0\.0\/16\)/,
  );
  assert.match(
    mistakes({}, [network({ other: "10.50.0.0/20" })]).join(),
    /overlaps subnet other \(10\.50\.0\.0\/20\)/,
  );
});

void test("findRangeMistakes(): somebody else's virtual network is not widened", () => {
  const theirs = { ...network({}, { isOurs: false }), addressSpace: { addressPrefixes: ["10.60.0.0/16"] } };

  assert.match(
    mistakes({}, [theirs]).join(),
    /not inside virtual network stargate-vnet \(10\.60\.0\.0\/16\)/,
  );
});

void test("findRangeMistakes(): another datacenter of ours uses the range, elsewhere", () => {
  const elsewhere = network(
    { workers: "10.50.1.0/25", "r9-uplink": "10.50.1.240/28" },
    { name: "other-vnet" },
  );

  assert.deepEqual(mistakes({}, [{ ...elsewhere, name: "other-vnet" }]), [
    "the subnet 10.50.1.0/24 overlaps subnet workers (10.50.1.0/25) of other-vnet",
  ]);
});

void test("findRangeMistakes(): the way out that was asked for", () => {
  assert.match(
    mistakes({ uplinkSubnetCidr: "10.50.1.16/28" }, []).join(),
    /way out 10\.50\.1\.16\/28 overlaps the subnet/,
  );
  assert.deepEqual(mistakes({ uplinkSubnetCidr: "10.50.2.0/28" }, []), []);
});
