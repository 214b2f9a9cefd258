import type { Arm } from "../core/arm.ts";
import { ArmError } from "../core/arm-error.ts";
import { objectIn, type JsonObject } from "../core/json.ts";
import type { PutRequest } from "../core/kind.ts";
import { isSameId, type Resource } from "../core/store.ts";
import { targetOf } from "../core/target.ts";
import { checkZones } from "../core/zones.ts";
import { findImage, type PlatformImage, type VmSize } from "./catalogue.ts";
import { allocationFailure, checkQuota, requireSize } from "./check-capacity.ts";
import { checkOsProfile } from "./check-os-profile.ts";
import { disks, newOsDisk } from "./disks.ts";
import { viewVm } from "./view-vm.ts";
import { invalid, missing, readVm, type VmProperties } from "./vm-body.ts";
import { requireInterfaces } from "./vm-network.ts";

/** What a new VM will be, once everything about it is checked. */
export interface VmPlan {
  vm: VmProperties;
  size: VmSize;
  image: PlatformImage;
  imageVersion: string;
  diskName: string;
  zones: string[];
  failure: ArmError | undefined;
}

/** Throws what Azure answers to a VM that cannot be. */
export function checkNewVm(arm: Arm, { target, wanted, existing }: PutRequest): VmPlan {
  const vm = readVm(wanted.properties);
  const location = wanted.location ?? "";
  const { vmSize } = vm.hardwareProfile ?? {};
  if (vmSize === undefined) throw missing("vmSize");
  const zones = checkZones(target, wanted.location, wanted.top["zones"], existing);
  if (zones.length > 1) throw invalid("zones", "A virtual machine can be in one zone only.");
  const { image, version } = requireImage(vm, target.name, location, wanted.top["plan"] !== undefined);
  const osDisk = vm.storageProfile?.osDisk;
  if (osDisk === undefined) throw missing("osDisk");
  if (osDisk.createOption !== "FromImage") {
    throw invalid(
      "osDisk.createOption",
      "The fake makes OS disks only from images (createOption FromImage).",
    );
  }
  checkOsProfile(target, vm.osProfile);
  const size = requireSize(arm, vmSize, location, zones);
  if (size.architecture !== "x64") {
    throw new ArmError(
      400,
      "BadRequest",
      `Cannot create a VM of size '${size.name}' because this VM size only supports a CPU Architecture of '${size.architecture}', but an image or disk with CPU Architecture 'x64' was given. Please check that the CPU Architecture of the image or disk is compatible with that of the VM size.`,
    );
  }
  requireInterfaces(arm, target, wanted.location, size, vm.networkProfile);
  const diskName = osDisk.name ?? `${target.name}_OsDisk_1_${arm.random.hex(32)}`;
  if (arm.store.get(targetOf(disks.type, target.subscription, target.group, [diskName]).id) !== undefined) {
    throw new ArmError(
      409,
      "ConflictingUserInput",
      `Disk ${diskName} already exists in resource group ${target.group.toUpperCase()}. Only CreateOption.Attach is supported.`,
      { target: "/subscriptions/disks" },
    );
  }
  checkQuota(arm, size, location, target.id);
  const failure = allocationFailure(arm, size.name, location, zones);
  return { vm, size, image, imageVersion: version, diskName, zones, failure };
}

function requireImage(
  vm: VmProperties,
  vmName: string,
  location: string,
  hasPlan: boolean,
): { image: PlatformImage; version: string } {
  const reference = vm.storageProfile?.imageReference;
  if (reference === undefined) throw missing("imageReference");
  const { publisher = "", offer = "", sku = "", version = "" } = reference;
  const image = findImage(publisher, offer, sku);
  const found =
    version.toLowerCase() === "latest"
      ? image?.versions.at(-1)
      : image?.versions.find((one) => one === version);
  if (image === undefined || found === undefined) {
    throw new ArmError(
      404,
      "PlatformImageNotFound",
      `The platform image '${[publisher, offer, sku, version].join(":")}' is not available. Verify that all fields in the storage profile are correct. For more details about storage profile information, please refer to https://aka.ms/storageprofile. Location: ${location}`,
      { target: "imageReference" },
    );
  }
  if (image.hasPlan && !hasPlan) {
    throw new ArmError(
      400,
      "VMMarketplaceInvalidInput",
      `Creating a virtual machine from Marketplace image or a custom image sourced from a Marketplace image requires Plan information in the request. VM: '${vmName}'.`,
    );
  }
  return { image, version: found };
}

/** The VM's properties with what Azure fills in. */
export function completeVm(arm: Arm, { target, wanted, existing }: PutRequest, plan: VmPlan): JsonObject {
  const { properties } = wanted;
  const storage = objectIn(properties, "storageProfile");
  const osDisk = objectIn(storage, "osDisk");
  const managedDisk = objectIn(osDisk, "managedDisk");
  const osProfile = objectIn(properties, "osProfile");
  const linux = objectIn(osProfile, "linuxConfiguration");
  return {
    ...properties,
    vmId: existing?.properties["vmId"] ?? arm.random.uuid(),
    storageProfile: {
      ...storage,
      imageReference: { ...objectIn(storage, "imageReference"), exactVersion: plan.imageVersion },
      osDisk: {
        osType: "Linux",
        caching: "ReadWrite",
        deleteOption: "Detach",
        ...osDisk,
        name: plan.diskName,
        diskSizeGB: osDisk["diskSizeGB"] ?? 30,
        managedDisk: {
          storageAccountType: "Premium_LRS",
          ...managedDisk,
          // Azure writes the group in capitals here: ids are to be compared in any case.
          id: targetOf(disks.type, target.subscription, target.group.toUpperCase(), [plan.diskName]).id,
        },
      },
      dataDisks: storage["dataDisks"] ?? [],
    },
    osProfile: {
      ...osProfile,
      computerName: osProfile["computerName"] ?? target.name,
      linuxConfiguration: {
        provisionVMAgent: true,
        patchSettings: { patchMode: "ImageDefault", assessmentMode: "ImageDefault" },
        ...linux,
      },
      secrets: osProfile["secrets"] ?? [],
      allowExtensionOperations: true,
      requireGuestProvisionSignal: true,
    },
  };
}

/** Makes the disk and boots the guest. A VM that finds no room has neither. */
export function bootNewVm(
  arm: Arm,
  vm: Resource,
  plan: VmPlan,
  failure: ArmError | undefined,
): Promise<void> | undefined {
  if (failure !== undefined) return undefined;
  const { image, imageVersion } = plan;
  arm.store.put(
    newOsDisk(arm, vm, {
      name: plan.diskName,
      sizeGb: plan.vm.storageProfile?.osDisk?.diskSizeGB ?? 30,
      sku: plan.vm.storageProfile?.osDisk?.managedDisk?.storageAccountType ?? "Premium_LRS",
      imageId: `/Subscriptions/${vm.subscription}/Providers/Microsoft.Compute/Locations/${vm.location}/Publishers/${image.publisher}/ArtifactTypes/VMImage/Offers/${image.offer}/Skus/${image.sku}/Versions/${imageVersion}`,
      zones: plan.zones,
    }),
  );
  const backend = arm.onVm(viewVm(arm, vm));
  arm.guests.set(vm.id.toLowerCase(), { backend, power: "starting" });
  return backend.start();
}

/** The disk that a VM boots from. */
export function osDiskOf(arm: Arm, vm: Resource): Resource | undefined {
  return arm.store
    .ofType(disks.type)
    .find(({ top }) => typeof top["managedBy"] === "string" && isSameId(top["managedBy"], vm.id));
}
