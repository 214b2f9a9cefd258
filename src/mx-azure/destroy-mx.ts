import type { AzureContext } from "../providers/azure/arm/ensure-resource.ts";
import type { ResourceScope } from "../providers/azure/arm/resource-id.ts";
import { destroyOwned } from "../providers/azure/owned/destroy-owned.ts";
import { findOwned, type OwnedResources } from "../providers/azure/owned/find-owned.ts";
import { readVm } from "../providers/azure/vm/ensure-vm.ts";
import type { Tailnet } from "../tailnet/tailnet.ts";
import { removeFromKubeconfig, removeSshAccess } from "./local-access.ts";
import { forgetMx, readMxRecord, rememberMx } from "./mx-record.ts";
import { findMxDevices, listDevices } from "./mx-tailnet.ts";
import { MX_TAG, TAILNET_ADDRESS_TAG } from "./mx-spec.ts";

export interface DestroyRequest extends ResourceScope {
  vmName: string;
  /** Undefined where no credentials were given: its device must then be removed by hand. */
  tailnet: Tailnet | undefined;
}

/** What destroyMx would delete in Azure. */
export function listMx({ vmName, ...scope }: DestroyRequest, { arm }: AzureContext): Promise<OwnedResources> {
  return findOwned(scope, { tag: MX_TAG, value: vmName }, arm);
}

/** Removes an MX cluster: all of it in Azure, its device in the tailnet, and what this host has of it. Repeatable. */
export async function destroyMx(request: DestroyRequest, ctx: AzureContext): Promise<void> {
  const { vmName, tailnet, ...scope } = request;
  const { arm, world } = ctx;
  const { progress, signal } = world;
  const vm = await readVm(arm, scope.resourceGroup, vmName);
  const record = await readMxRecord(request, world);
  const tailnetAddress = vm?.tags?.[TAILNET_ADDRESS_TAG] ?? record.tailnetAddress;
  // The VM, which knows it, goes first.
  if (tailnetAddress !== undefined) await rememberMx(request, { tailnetAddress }, world);

  await destroyOwned(scope, { tag: MX_TAG, value: vmName }, ctx);

  const devices = tailnet === undefined ? undefined : await listDevices(tailnet, signal);
  if (tailnet === undefined || devices === undefined) {
    progress.say(
      `Remove the device ${vmName}${tailnetAddress === undefined ? "" : ` (${tailnetAddress})`} in the tailnet's admin console yourself: no API credentials were given`,
    );
  } else {
    await progress.step(`Remove ${vmName} from the tailnet`, async () => {
      for (const { id } of findMxDevices(devices, vmName, tailnetAddress))
        await tailnet.deleteDevice(id, signal);
    });
  }
  if (record.sshConfig !== undefined) await removeSshAccess(record.sshConfig, vmName);
  if (record.kubeconfig !== undefined) await removeFromKubeconfig(record.kubeconfig, vmName);
  await forgetMx(request, world);
}
