import assert from "node:assert/strict";
import { test } from "node:test";
import { POLL } from "./connect.ts";
import { AT, GROUP, idOf, putNic, putPublicIp, putVm, startNetwork, vmBody } from "./test-world.ts";

void test("what is read can be written again, and tags and size changed", async () => {
  await using world = await startNetwork();
  await putNic(world, "nic");
  const vm = await putVm(world, "vm", ["nic"], { tags: { a: "b" } });

  const same = await world.compute.virtualMachines.createOrUpdate(GROUP, "vm", vm, POLL);
  const patched = await world.compute.virtualMachines.update(
    GROUP,
    "vm",
    { tags: { c: "d" }, hardwareProfile: { vmSize: "Standard_D4s_v5" } },
    POLL,
  );

  assert.equal(same.vmId, vm.vmId);
  assert.deepEqual([patched.tags, patched.hardwareProfile?.vmSize], [{ c: "d" }, "Standard_D4s_v5"]);
});

void test("a VM takes along what it is told to take, and leaves the rest", async () => {
  await using world = await startNetwork();
  await putPublicIp(world, "p");
  await putNic(world, "goes", { publicIp: "p" });
  await putNic(world, "stays");
  const vm = vmBody(world, ["goes", "stays"]);
  const [goes, stays] = vm.networkProfile?.networkInterfaces ?? [];
  assert.ok(goes !== undefined && stays !== undefined);
  const { storageProfile } = await world.compute.virtualMachines.createOrUpdate(
    GROUP,
    "vm",
    { ...vm, networkProfile: { networkInterfaces: [goes, { ...stays, deleteOption: "Detach" }] } },
    POLL,
  );
  const disk = storageProfile?.osDisk?.name ?? "";
  await assert.rejects(world.compute.disks.delete(GROUP, disk, POLL), { code: "OperationNotAllowed" });
  await assert.rejects(world.network.networkInterfaces.delete(GROUP, "stays", POLL), { code: "NicInUse" });
  assert.match((await world.network.networkInterfaces.get(GROUP, "goes")).macAddress ?? "", /^00-0D-3A-/);

  await world.compute.virtualMachines.delete(GROUP, "vm", { forceDeletion: true, ...POLL });

  const left = world.fake.arm.store.all().map(({ name }) => name);
  assert.deepEqual(left.toSorted(), ["p", "rg", "stays", "vnet", "workers"]);
  await world.network.networkInterfaces.delete(GROUP, "stays", POLL);
});

void test("a VM that finds no room fails after it was accepted, keeps its interface, and can be made again", async () => {
  await using world = await startNetwork({
    settings: { noCapacity: [{ size: "Standard_D2s_v5", location: "canadacentral", zone: "1" }] },
  });
  await putNic(world, "nic");

  await assert.rejects(putVm(world, "vm", ["nic"], { zones: ["1"] }), {
    message: /^The long-running operation has failed\. ZonalAllocationFailed\. Allocation failed\./,
  });
  assert.equal((await world.compute.virtualMachines.get(GROUP, "vm")).provisioningState, "Failed");
  await assert.rejects(putVm(world, "other", ["nic"]), { code: "NicInUse" });

  world.fake.settings.noCapacity.length = 0;
  assert.equal((await putVm(world, "vm", ["nic"], { zones: ["1"] })).provisioningState, "Succeeded");
});

void test("an interface is kept for the VM that could not be made, also when that is deleted", async () => {
  await using world = await startNetwork({
    settings: { noCapacity: [{ size: "Standard_D2s_v5", location: "canadacentral" }] },
  });
  await putNic(world, "nic");
  const body = {
    ...vmBody(world, []),
    networkProfile: { networkInterfaces: [{ id: idOf(world, "networkInterfaces/nic") }] },
  };
  await assert.rejects(
    world.compute.virtualMachines.createOrUpdate(GROUP, "vm", body, POLL),
    /AllocationFailed\. Allocation failed/,
  );
  await world.compute.virtualMachines.delete(GROUP, "vm", { forceDeletion: true, ...POLL });
  world.fake.settings.noCapacity.length = 0;

  const reserved = { statusCode: 400, code: "NicReservedForAnotherVm" };
  await assert.rejects(putVm(world, "other", ["nic"]), reserved);
  await assert.rejects(world.network.networkInterfaces.delete(GROUP, "nic", POLL), reserved);
  world.clock.advance(180_000);
  await putVm(world, "other", ["nic"]);
});

void test("a delete takes the place of a create that is under way", async () => {
  await using world = await startNetwork();
  await putNic(world, "nic");
  const create = world.compute.virtualMachines.createOrUpdate(GROUP, "vm", vmBody(world, ["nic"]), POLL);
  await create.submitted();

  await world.compute.virtualMachines.delete(GROUP, "vm", POLL);

  await assert.rejects(async () => create, /Operation was canceled/);
  assert.deepEqual(world.fake.arm.guests.size, 0);
});

void test("a disk of the same name is in the way of a new VM", async () => {
  await using world = await startNetwork();
  await putNic(world, "nic");
  await world.compute.disks.createOrUpdate(
    GROUP,
    "os",
    { ...AT, sku: { name: "Premium_LRS" }, creationData: { createOption: "Empty" }, diskSizeGB: 8 },
    POLL,
  );
  const { storageProfile } = vmBody(world, ["nic"]);

  await assert.rejects(
    putVm(world, "vm", ["nic"], {
      storageProfile: { ...storageProfile, osDisk: { createOption: "FromImage", name: "os" } },
    }),
    { statusCode: 409, code: "ConflictingUserInput" },
  );
});
