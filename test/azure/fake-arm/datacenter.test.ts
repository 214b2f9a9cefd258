import assert from "node:assert/strict";
import { test } from "node:test";
import { connectSdk, POLL } from "./connect.ts";
import { FakeArm } from "./fake-arm.ts";

void test("a datacenter is made, looked at and deleted by Microsoft's own clients", async () => {
  const fake = await FakeArm.start();
  const { compute, network, resources } = connectSdk(fake);
  const at = { location: "canadacentral" };

  await resources.resourceGroups.createOrUpdate("rg", { ...at, tags: { owner: "us" } });
  const table = await network.routeTables.createOrUpdate("rg", "routes", at, POLL);
  const group = await network.networkSecurityGroups.createOrUpdate("rg", "nsg", at, POLL);
  assert.ok(table.id);
  assert.ok(group.id);
  await network.virtualNetworks.createOrUpdate(
    "rg",
    "vnet",
    { ...at, addressSpace: { addressPrefixes: ["10.50.0.0/16"] } },
    POLL,
  );
  const subnet = await network.subnets.createOrUpdate(
    "rg",
    "vnet",
    "workers",
    { addressPrefix: "10.50.1.0/24", routeTable: { id: table.id }, networkSecurityGroup: { id: group.id } },
    POLL,
  );
  assert.equal(subnet.provisioningState, "Succeeded");
  assert.ok(subnet.id);
  const nic = await network.networkInterfaces.createOrUpdate(
    "rg",
    "nic",
    {
      ...at,
      ipConfigurations: [
        {
          name: "ip",
          subnet: { id: subnet.id },
          privateIPAddress: "10.50.1.10",
          privateIPAllocationMethod: "Static",
        },
      ],
    },
    POLL,
  );
  assert.equal(nic.ipConfigurations?.[0]?.privateIPAddress, "10.50.1.10");
  assert.ok(nic.id);
  const vm = await compute.virtualMachines.createOrUpdate(
    "rg",
    "vm",
    {
      ...at,
      zones: ["1"],
      hardwareProfile: { vmSize: "Standard_D2s_v5" },
      storageProfile: {
        imageReference: {
          publisher: "Canonical",
          offer: "ubuntu-24_04-lts",
          sku: "server",
          version: "latest",
        },
        osDisk: { createOption: "FromImage", deleteOption: "Delete" },
      },
      osProfile: {
        computerName: "vm",
        adminUsername: "azureuser",
        customData: Buffer.from("#cloud-config\n").toString("base64"),
        linuxConfiguration: {
          disablePasswordAuthentication: true,
          ssh: {
            publicKeys: [
              {
                path: "/home/azureuser/.ssh/authorized_keys",
                keyData: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGtl",
              },
            ],
          },
        },
      },
      networkProfile: { networkInterfaces: [{ id: nic.id, deleteOption: "Delete" }] },
      diagnosticsProfile: { bootDiagnostics: { enabled: true } },
    },
    POLL,
  );
  assert.equal(vm.provisioningState, "Succeeded");
  assert.equal(vm.osProfile?.customData, undefined);

  await compute.virtualMachines.delete("rg", "vm", POLL);
  await assert.rejects(async () => network.networkInterfaces.get("rg", "nic"), { code: "ResourceNotFound" });
  await resources.resourceGroups.delete("rg", POLL);
  await assert.rejects(async () => resources.resourceGroups.get("rg"), { code: "ResourceGroupNotFound" });
  await fake.stop();
});
