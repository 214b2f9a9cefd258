import { StargateError } from "../lib/errors.ts";
import type { AzureContext } from "../providers/azure/arm/ensure-resource.ts";
import type { ResourceScope } from "../providers/azure/arm/resource-id.ts";
import { readVm } from "../providers/azure/vm/ensure-vm.ts";
import type { Tailnet } from "../tailnet/tailnet.ts";
import { findMxName, powerStateOf } from "./find-mx.ts";
import { findMxDevices, listDevices } from "./mx-tailnet.ts";
import { MX_TAG, TAILNET_ADDRESS_TAG } from "./mx-spec.ts";
import { readMxReport, type MxReport } from "./report-mx.ts";

/** What `mx-azure status` tells. */
export interface MxStatus {
  name: string;
  location: string;
  size: string;
  power: string;
  /** The VM's own report; undefined where it does not run. */
  report: MxReport | undefined;
  /** Its device, as the tailnet tells; undefined where the tailnet was not asked. */
  device: { address: string; online: boolean } | "missing" | undefined;
}

/** @throws StargateError MxMissing */
export async function readMxStatus(
  scope: ResourceScope,
  vmName: string | undefined,
  tailnet: Tailnet | undefined,
  { arm, world }: AzureContext,
): Promise<MxStatus> {
  const name = await findMxName(arm, scope.resourceGroup, vmName);
  const vm = name === undefined ? undefined : await readVm(arm, scope.resourceGroup, name);
  if (name === undefined || vm?.tags?.[MX_TAG] === undefined) {
    throw new StargateError("MxMissing", `There is no MX cluster in resource group ${scope.resourceGroup}`, {
      remedy: "Make one: bin/mx-azure provision; or name another --resource-group.",
    });
  }
  const power = powerStateOf(vm);
  const isRunning = power === "running";
  const [report, devices] = await Promise.all([
    isRunning ? readMxReport(arm, { resourceGroup: scope.resourceGroup, name }) : undefined,
    tailnet === undefined ? undefined : listDevices(tailnet, world.signal),
  ]);
  const address = vm.tags[TAILNET_ADDRESS_TAG];
  const [device] = findMxDevices(devices ?? [], name, address);
  return {
    name,
    location: vm.location,
    size: vm.hardwareProfile?.vmSize ?? "",
    power,
    report,
    device:
      devices === undefined
        ? undefined
        : device === undefined
          ? "missing"
          : { address: device.addresses[0] ?? "", online: device.online },
  };
}
