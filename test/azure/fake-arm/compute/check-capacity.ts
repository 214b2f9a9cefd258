import type { Arm } from "../core/arm.ts";
import { ArmError } from "../core/arm-error.ts";
import { textIn, objectIn } from "../core/json.ts";
import { isSameId, type Resource } from "../core/store.ts";
import { findSize, vmSizes, type VmSize } from "./catalogue.ts";
import { invalid } from "./vm-body.ts";

export const DEFAULT_QUOTA = 100;

/** The size, where the location and zone offer it to the subscription. */
export function requireSize(arm: Arm, name: string, location: string, zones: readonly string[]): VmSize {
  const size = findSize(name);
  if (size === undefined) {
    throw invalid(
      "vmSize",
      `The value ${name} provided for the VM size is not valid. The valid sizes in the current region are: ${vmSizes.map((one) => one.name).join(",")}.`,
    );
  }
  const restriction = arm.settings.restrictions.find(
    (one) =>
      one.size === size.name &&
      one.location === location &&
      (one.zones === undefined || zones.some((zone) => one.zones?.includes(zone))),
  );
  if (restriction !== undefined) {
    throw new ArmError(
      409,
      "SkuNotAvailable",
      `The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: ${size.name}' is currently not available in location '${location}'. Please try another size or deploy to a different location or different zone. See https://aka.ms/azureskunotavailable for details.`,
    );
  }
  return size;
}

/** vCPUs of the VMs in a location that hold their cores: all but the deallocated ones. */
export function coresInUse(arm: Arm, location: string, family: string, except?: string): number {
  return arm.store
    .ofType("Microsoft.Compute/virtualMachines")
    .filter((vm) => vm.location === location && !isSameId(vm.id, except) && holdsCores(arm, vm))
    .map((vm) => findSize(sizeOf(vm)))
    .filter((size) => size !== undefined && (family === "cores" || size.family === family))
    .reduce((sum, size) => sum + (size?.vCpus ?? 0), 0);
}

function holdsCores(arm: Arm, vm: Resource): boolean {
  return arm.guests.get(vm.id.toLowerCase())?.power !== "deallocated";
}

export function sizeOf(vm: Resource): string {
  return textIn(objectIn(vm.properties, "hardwareProfile"), "vmSize") ?? "";
}

/** Throws where the VM would exceed the quota of its family, or of all vCPUs. */
export function checkQuota(arm: Arm, size: VmSize, location: string, vmId: string): void {
  const check = (family: string, code: string, what: string): void => {
    const limit = arm.settings.quotas[family] ?? DEFAULT_QUOTA;
    const used = coresInUse(arm, location, family, vmId);
    if (used + size.vCpus <= limit) return;
    throw new ArmError(
      409,
      code,
      `Operation could not be completed as it results in exceeding approved ${what} quota. Additional details - Deployment Model: Resource Manager, Location: ${location}, Current Limit: ${limit}, Current Usage: ${used}, Additional Required: ${size.vCpus}, (Minimum) New Limit Required: ${used + size.vCpus}. Setup Alerts when Quota reaches threshold. Learn more at https://aka.ms/quotamonitoringalerting . Submit a request for Quota increase at https://aka.ms/ProdportalCRP by specifying parameters listed in the 'Details' section for deployment to succeed.`,
    );
  };
  check(size.family, "QuotaExceeded", `${size.family} Cores`);
  check("cores", "OperationNotAllowed", "Total Regional Cores");
}

/** What a VM's operation ends with where Azure has no room now: found out only after it was accepted. */
export function allocationFailure(
  arm: Arm,
  size: string,
  location: string,
  zones: readonly string[],
): ArmError | undefined {
  const lack = arm.settings.noCapacity.find(
    (one) =>
      one.size === size && one.location === location && (one.zone === undefined || zones.includes(one.zone)),
  );
  if (lack === undefined) return undefined;
  if (zones.length > 0) {
    return new ArmError(
      409,
      "ZonalAllocationFailed",
      "Allocation failed. We do not have sufficient capacity for the requested VM size in this zone. Read more about improving likelihood of allocation success at http://aka.ms/allocation-guidance",
    );
  }
  return new ArmError(
    409,
    "AllocationFailed",
    "Allocation failed. We do not have sufficient capacity for the requested VM size in this region. Read more about improving likelihood of allocation success at http://aka.ms/allocation-guidance",
  );
}
