import assert from "node:assert/strict";
import { test } from "node:test";
import type { VirtualMachine } from "@azure/arm-compute";
import { POLL } from "./connect.ts";
import { GROUP, idOf, putNic, putVm, startNetwork, vmBody, type TestWorld } from "./test-world.ts";
import type { Settings } from "./settings.ts";

const refused: {
  name: string;
  settings?: Partial<Settings>;
  change: (vm: VirtualMachine, world: TestWorld) => VirtualMachine;
  status: number;
  code: string;
}[] = [
  {
    name: "of a size that there is not",
    change: (vm) => ({ ...vm, hardwareProfile: { vmSize: "Standard_Huge" } }),
    status: 400,
    code: "InvalidParameter",
  },
  {
    name: "of a size that the subscription may not have",
    settings: { restrictions: [{ size: "Standard_D2s_v5", location: "canadacentral" }] },
    change: (vm) => vm,
    status: 409,
    code: "SkuNotAvailable",
  },
  {
    name: "in a zone where the subscription may not have the size",
    settings: { restrictions: [{ size: "Standard_D2s_v5", location: "canadacentral", zones: ["2"] }] },
    change: (vm) => ({ ...vm, zones: ["2"] }),
    status: 409,
    code: "SkuNotAvailable",
  },
  {
    name: "in a zone that there is not",
    change: (vm) => ({ ...vm, zones: ["9"] }),
    status: 400,
    code: "AvailabilityZoneNotSupported",
  },
  {
    name: "above the quota of its family",
    settings: { quotas: { standardDSv5Family: 1 } },
    change: (vm) => vm,
    status: 409,
    code: "QuotaExceeded",
  },
  {
    name: "above the quota of the location",
    settings: { quotas: { cores: 1 } },
    change: (vm) => vm,
    status: 409,
    code: "OperationNotAllowed",
  },
  {
    name: "from an image that there is not",
    change: (vm) => ({
      ...vm,
      storageProfile: {
        ...vm.storageProfile,
        imageReference: {
          publisher: "Canonical",
          offer: "ubuntu-24_04-lts",
          sku: "desktop",
          version: "latest",
        },
      },
    }),
    status: 404,
    code: "PlatformImageNotFound",
  },
  {
    name: "from an image that needs a plan",
    change: (vm) => ({
      ...vm,
      storageProfile: {
        ...vm.storageProfile,
        imageReference: {
          publisher: "kinvolk",
          offer: "flatcar-container-linux-free",
          sku: "stable-gen2",
          version: "latest",
        },
      },
    }),
    status: 400,
    code: "VMMarketplaceInvalidInput",
  },
  {
    name: "with custom data that is not base64",
    change: (vm) => ({ ...vm, osProfile: { ...vm.osProfile, customData: "#cloud-config" } }),
    status: 400,
    code: "InvalidParameter",
  },
  {
    name: "with custom data that is too long",
    change: (vm) => ({
      ...vm,
      osProfile: { ...vm.osProfile, customData: Buffer.alloc(65_536).toString("base64") },
    }),
    status: 400,
    code: "InvalidParameter",
  },
  {
    name: "for a user that is root",
    change: (vm) => ({ ...vm, osProfile: { ...vm.osProfile, adminUsername: "root" } }),
    status: 400,
    code: "InvalidParameter",
  },
  {
    name: "with keys for another user",
    change: (vm) => ({ ...vm, osProfile: { ...vm.osProfile, adminUsername: "someone" } }),
    status: 400,
    code: "InvalidParameter",
  },
  {
    name: "without an interface",
    change: (vm) => ({ ...vm, networkProfile: { networkInterfaces: [] } }),
    status: 400,
    code: "InvalidParameter",
  },
  {
    name: "on an interface that there is not",
    change: (vm, world) => ({
      ...vm,
      networkProfile: { networkInterfaces: [{ id: idOf(world, "networkInterfaces/none") }] },
    }),
    status: 404,
    code: "NotFound",
  },
  {
    name: "on more interfaces than its size takes",
    change: (_vm, world) => vmBody(world, ["nic", "nic2", "nic3"]),
    status: 400,
    code: "NetworkInterfaceCountExceeded",
  },
  {
    name: "on two interfaces of which none is the first",
    change: (vm, world) => ({
      ...vm,
      networkProfile: {
        networkInterfaces: ["nic", "nic2"].map((nic) => ({ id: idOf(world, `networkInterfaces/${nic}`) })),
      },
    }),
    status: 400,
    code: "VirtualMachineMustHaveOneNetworkInterfaceAsPrimary",
  },
];

for (const { name, settings, change, status, code } of refused) {
  void test(`a VM ${name} is refused with ${code}`, async () => {
    await using world = await startNetwork({ ...(settings && { settings }) });
    for (const nic of ["nic", "nic2", "nic3"]) await putNic(world, nic);

    const put = async (): Promise<unknown> =>
      world.compute.virtualMachines.createOrUpdate(GROUP, "vm", change(vmBody(world, ["nic"]), world), POLL);

    await assert.rejects(put, { name: "RestError", statusCode: status, code });
    await assert.rejects(async () => world.compute.virtualMachines.get(GROUP, "vm"), {
      code: "ResourceNotFound",
    });
  });
}

const unchangeable: { name: string; change: (vm: VirtualMachine) => VirtualMachine; code: string }[] = [
  {
    name: "custom data",
    change: (vm) => ({ ...vm, osProfile: { ...vm.osProfile, customData: "AAAA" } }),
    code: "PropertyChangeNotAllowed",
  },
  {
    name: "user",
    change: (vm) => ({ ...vm, osProfile: { ...vm.osProfile, adminUsername: "other" } }),
    code: "PropertyChangeNotAllowed",
  },
  {
    name: "image",
    change: (vm) => ({
      ...vm,
      storageProfile: {
        ...vm.storageProfile,
        imageReference: {
          publisher: "Canonical",
          offer: "0001-com-ubuntu-server-jammy",
          sku: "22_04-lts-gen2",
          version: "latest",
        },
      },
    }),
    code: "PropertyChangeNotAllowed",
  },
  {
    name: "zone",
    change: (vm) => ({ ...vm, zones: ["1"] }),
    code: "ResourceAvailabilityZonesCannotBeModified",
  },
];

for (const { name, change, code } of unchangeable) {
  void test(`the ${name} of a VM cannot be changed: ${code}`, async () => {
    await using world = await startNetwork();
    await putNic(world, "nic");
    await putVm(world, "vm", ["nic"]);

    const put = async (): Promise<unknown> =>
      world.compute.virtualMachines.createOrUpdate(GROUP, "vm", change(vmBody(world, ["nic"])), POLL);

    await assert.rejects(put, { statusCode: 409, code });
  });
}
