import type { Arm } from "../core/arm.ts";
import { ArmError } from "../core/arm-error.ts";
import { objectIn, type JsonObject } from "../core/json.ts";
import type { Prepared, PutRequest } from "../core/kind.ts";
import { checkZones } from "../core/zones.ts";
import { checkQuota, requireSize } from "./check-capacity.ts";
import { checkOsProfileUnchanged } from "./check-os-profile.ts";
import { readVm, unchangeable, type VmProperties } from "./vm-body.ts";
import { requireInterfaces } from "./vm-network.ts";

/** A PUT on a VM that is there: what may change changes, the rest must be as it was, or left out. */
export function updateVm(arm: Arm, { target, wanted, existing }: PutRequest): Prepared {
  if (existing === undefined) throw new Error("there is nothing to update");
  const before = readVm(existing.properties);
  const vm = readVm(wanted.properties);
  checkZones(target, wanted.location, wanted.top["zones"], existing);
  checkOsProfileUnchanged(vm.osProfile, before.osProfile);
  checkStorageUnchanged(vm, before);
  const sizeName = vm.hardwareProfile?.vmSize ?? before.hardwareProfile?.vmSize ?? "";
  const size = requireSize(arm, sizeName, wanted.location ?? "", []);
  checkQuota(arm, size, wanted.location ?? "", target.id);
  checkInterfaces(arm, target.id, vm, before);
  requireInterfaces(arm, target, wanted.location, size, vm.networkProfile ?? before.networkProfile);
  return {
    properties: merge(existing.properties, wanted.properties),
    top: { ...existing.top, ...wanted.top },
    durationMs: arm.settings.durations.vmUpdate,
  };
}

function checkStorageUnchanged({ storageProfile }: VmProperties, before: VmProperties): void {
  const image = storageProfile?.imageReference;
  const imageBefore = before.storageProfile?.imageReference;
  for (const field of ["publisher", "offer", "sku", "version"] as const) {
    if (image?.[field] !== undefined && image[field] !== imageBefore?.[field]) {
      throw unchangeable("imageReference");
    }
  }
  const disk = storageProfile?.osDisk;
  const diskBefore = before.storageProfile?.osDisk;
  if (disk?.name !== undefined && disk.name !== diskBefore?.name) throw unchangeable("osDisk.name");
  if (disk !== undefined && disk.createOption !== diskBefore?.createOption)
    throw unchangeable("osDisk.createOption");
}

function checkInterfaces(arm: Arm, vmId: string, vm: VmProperties, before: VmProperties): void {
  if (vm.networkProfile === undefined) return;
  const idsOf = ({ networkProfile }: VmProperties): string =>
    (networkProfile?.networkInterfaces ?? [])
      .map(({ id }) => id.toLowerCase())
      .toSorted()
      .join();
  if (idsOf(vm) === idsOf(before) || arm.guests.get(vmId.toLowerCase())?.power === "deallocated") return;
  throw new ArmError(
    400,
    "AddingOrDeletingNetworkInterfacesOnARunningVirtualMachineNotSupported",
    `Virtual machine ${vmId} with a single network interface must be stop-deallocated before it can be updated to have multiple network interfaces and vice-versa.`,
  );
}

/** What is written over what was, part by part; lists are replaced. */
function merge(before: JsonObject, wanted: JsonObject): JsonObject {
  const merged = { ...before };
  for (const [name, value] of Object.entries(wanted)) {
    const isPart = typeof value === "object" && value !== null && !Array.isArray(value);
    merged[name] = isPart ? merge(objectIn(before, name), value) : value;
  }
  return merged;
}
