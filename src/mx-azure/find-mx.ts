import type { VirtualMachine } from "@azure/arm-compute";
import { UsageError } from "../lib/errors.ts";
import type { Arm } from "../providers/azure/arm/arm.ts";
import { MX_TAG } from "./mx-spec.ts";

/**
 * The name of the MX cluster in a resource group, by what carries our tag: the VM, or what is left where it is gone.
 * Undefined where there is none.
 * @throws UsageError where there are several and none was named
 */
export async function findMxName(
  arm: Arm,
  resourceGroup: string,
  asked: string | undefined,
): Promise<string | undefined> {
  if (asked !== undefined) return asked;
  const { compute, network } = arm;
  const found = await Promise.all([
    arm.list("Cannot list VMs", () => compute.virtualMachines.list(resourceGroup)),
    arm.list("Cannot list network interfaces", () => network.networkInterfaces.list(resourceGroup)),
    arm.list("Cannot list public addresses", () => network.publicIPAddresses.list(resourceGroup)),
    arm.list("Cannot list security groups", () => network.networkSecurityGroups.list(resourceGroup)),
  ]);
  const names = new Set(found.flat().flatMap(({ tags }) => tags?.[MX_TAG] ?? []));
  if (names.size <= 1) return [...names][0];
  throw new UsageError(
    `Resource group ${resourceGroup} has several MX clusters: ${[...names].join(", ")}`,
    "Name one by --vm-name.",
  );
}

/** "running", "deallocated" …, as Azure says it. */
export function powerStateOf({ instanceView, provisioningState }: VirtualMachine): string {
  const code = instanceView?.statuses?.find((status) => status.code?.startsWith("PowerState/"))?.code;
  return code?.split("/")[1] ?? provisioningState?.toLowerCase() ?? "unknown";
}
