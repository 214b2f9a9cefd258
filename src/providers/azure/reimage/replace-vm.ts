import type { VirtualMachine } from "@azure/arm-compute";
import { StargateError } from "../../../lib/errors.ts";
import { readSettled, type AzureContext } from "../arm/ensure-resource.ts";
import { deleteVm, readVm } from "../vm/ensure-vm.ts";
import type { VmRef } from "../vm/run-command.ts";
import type { KeptModel } from "./kept-model.ts";

/**
 * Deletes a VM and makes it again on the same interface, for where Azure does not reimage it. What it was is kept on
 * this host before it is deleted; a call that was cut off is continued by the next.
 */
export async function replaceVm(ref: VmRef, kept: KeptModel, ctx: AzureContext): Promise<void> {
  const { arm, world } = ctx;
  const { resourceGroup, name } = ref;
  const read = () =>
    readSettled({ title: `VM ${name}`, read: () => readVm(arm, resourceGroup, name) }, arm, world);
  const actual = await read();
  const model = (await kept.read()) ?? actual;
  if (model === undefined) {
    throw new StargateError("AzureNotFound", `Cannot make VM ${name} again: nothing is known of it`, {
      remedy: "Run prep-dc-inventory for its datacenter: it makes what is missing.",
    });
  }
  await kept.write(model);
  if (actual?.vmId === model.vmId) {
    await arm.run(`Cannot keep the interface of VM ${name}`, () =>
      arm.compute.virtualMachines.update(resourceGroup, name, {
        networkProfile: { networkInterfaces: interfacesOf(model, "Detach") },
      }),
    );
    await deleteVm(arm, resourceGroup, name);
  }
  if (actual === undefined || actual.vmId === model.vmId) {
    await arm.run(`Cannot create VM ${name}`, () =>
      arm.compute.virtualMachines.createOrUpdate(resourceGroup, name, asNew(model), { ifNoneMatch: "*" }),
    );
  }
  await kept.remove();
}

/** What a VM is created from, out of what Azure says that it is. */
function asNew(model: VirtualMachine): VirtualMachine {
  const { location, tags, zones, hardwareProfile, diagnosticsProfile, storageProfile, osProfile } = model;
  const { publisher, offer, sku, version } = storageProfile?.imageReference ?? {};
  const { name, managedDisk, diskSizeGB } = storageProfile?.osDisk ?? {};
  return {
    location,
    ...(tags === undefined ? {} : { tags }),
    ...(zones === undefined ? {} : { zones }),
    ...(hardwareProfile === undefined ? {} : { hardwareProfile }),
    ...(diagnosticsProfile === undefined ? {} : { diagnosticsProfile }),
    storageProfile: {
      imageReference: {
        ...(publisher === undefined ? {} : { publisher }),
        ...(offer === undefined ? {} : { offer }),
        ...(sku === undefined ? {} : { sku }),
        ...(version === undefined ? {} : { version }),
      },
      osDisk: {
        ...(name === undefined ? {} : { name }),
        createOption: "FromImage",
        deleteOption: "Delete",
        managedDisk: { storageAccountType: managedDisk?.storageAccountType ?? "StandardSSD_LRS" },
        ...(diskSizeGB === undefined ? {} : { diskSizeGB }),
      },
    },
    osProfile: {
      ...(osProfile?.computerName === undefined ? {} : { computerName: osProfile.computerName }),
      ...(osProfile?.adminUsername === undefined ? {} : { adminUsername: osProfile.adminUsername }),
      ...(osProfile?.linuxConfiguration === undefined
        ? {}
        : {
            linuxConfiguration: {
              disablePasswordAuthentication: true,
              ...(osProfile.linuxConfiguration.ssh === undefined
                ? {}
                : { ssh: osProfile.linuxConfiguration.ssh }),
            },
          }),
    },
    networkProfile: { networkInterfaces: interfacesOf(model, "Delete") },
  };
}

function interfacesOf({ networkProfile }: VirtualMachine, deleteOption: "Delete" | "Detach") {
  return (networkProfile?.networkInterfaces ?? []).map(({ id, primary }) => ({
    ...(id === undefined ? {} : { id }),
    ...(primary === undefined ? {} : { primary }),
    deleteOption,
  }));
}
