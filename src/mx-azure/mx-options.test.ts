import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../lib/errors.ts";
import { parseKubernetesVersion, parseMxOptions } from "./mx-options.ts";

const subscriptionId = "22222222-2222-4222-8222-222222222222";
const needed = { subscriptionId, resourceGroup: "mx" };

void test("parseMxOptions() takes the README's flags", () => {
  const options = parseMxOptions(
    {
      resourceGroup: "stargate-vapa-mx-cluster",
      location: "Canada Central",
      zone: "1",
      vnetName: "mx-vnet",
      vnetAddressSpace: "10.0.0.0/16",
      subnetName: "mx-subnet",
      subnetPrefix: "10.0.1.0/24",
      vmName: "stargate-vapa-mx-cp",
      vmSize: "Standard_D2s_v5",
      adminUsername: "azureuser",
      kubernetesVersion: "1.37",
    },
    { AZURE_SUBSCRIPTION_ID: subscriptionId },
  );

  assert.equal(options.location, "canadacentral");
  assert.equal(options.subscriptionId, subscriptionId);
  assert.deepEqual(parseMxOptions({ ...needed }, {}).vmName, "stargate-mx");
});

const mistakes: { name: string; flags: Record<string, unknown>; says: RegExp }[] = [
  { name: "no subscription", flags: { subscriptionId: undefined }, says: /AZURE_SUBSCRIPTION_ID/ },
  {
    name: "a subscription's name",
    flags: { subscriptionId: "Pay as you go" },
    says: /Give the id, not the name/,
  },
  { name: "no resource group", flags: { resourceGroup: undefined }, says: /--resource-group/ },
  {
    name: "a group's name that Azure refuses",
    flags: { resourceGroup: "mx." },
    says: /no name for a resource group/,
  },
  { name: "a zone", flags: { zone: "eastus-1" }, says: /no availability zone/ },
  { name: "a VM name that is no host name", flags: { vmName: "MX_1" }, says: /lower-case letters/ },
  { name: "an image", flags: { image: "ubuntu" }, says: /publisher:offer:sku:version/ },
  { name: "a disk size", flags: { osDiskSize: "8" }, says: /from 30 to 4095/ },
  { name: "a subnet outside", flags: { subnetPrefix: "10.9.0.0/24" }, says: /not inside 10\.0\.0\.0\/16/ },
  {
    name: "a subnet on the pods' range",
    flags: { vnetAddressSpace: "10.244.0.0/16", subnetPrefix: "10.244.1.0/24" },
    says: /overlaps the range of the cluster's pods/,
  },
  {
    name: "a version that is too old",
    flags: { kubernetesVersion: "1.29" },
    says: /1\.29 is too old[\s\S]*1\.31 or newer/,
  },
  { name: "no version", flags: { kubernetesVersion: "latest" }, says: /no Kubernetes version/ },
];

for (const { name, flags, says } of mistakes) {
  void test(`parseMxOptions() refuses ${name}`, () => {
    assert.throws(
      () => parseMxOptions({ ...needed, ...flags }, {}),
      (error) => error instanceof UsageError && says.test(`${error.message}\n${error.remedy}`),
    );
  });
}

void test("parseKubernetesVersion() keeps a minor a minor, and a patch a patch", () => {
  assert.equal(parseKubernetesVersion("v1.37"), "1.37");
  assert.equal(parseKubernetesVersion("1.36.3"), "1.36.3");
});
