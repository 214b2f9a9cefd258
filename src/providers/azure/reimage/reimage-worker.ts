import type { VirtualMachine } from "@azure/arm-compute";
import { StargateError } from "../../../lib/errors.ts";
import { retry } from "../../../lib/retry.ts";
import type { World } from "../../../lib/world.ts";
import type { Reimaging, ReimageRequest } from "../../provider.ts";
import { readSettled, type AzureContext } from "../arm/ensure-resource.ts";
import { passesByItself } from "../arm/explain-failure.ts";
import {
  readRecord,
  recordFolder,
  withDatacenter,
  writeRecord,
  type DatacenterRecord,
} from "../datacenter/datacenter-record.ts";
import { DATACENTER_TAG, hasTag, HOST_KEY_TAG } from "../tags.ts";
import { readVm, tagVm } from "../vm/ensure-vm.ts";
import { readHostKey } from "../vm/read-host-key.ts";
import type { VmRef } from "../vm/run-command.ts";
import { keptModel, type KeptModel } from "./kept-model.ts";
import { decideReimage, keyMarkOf, markedTags, readMark } from "./reimage-mark.ts";
import { replaceVm } from "./replace-vm.ts";

const TIMEOUT_MS = 30 * 60_000;

/**
 * Fresh disks for Azure VMs: by Azure's reimage, or where it refuses that, by deleting the VM and making it again on the
 * same interface. The wish, and what the VM was before, stand in a tag before anything is done: whether it is done shows
 * in the VM itself, so an answer that was lost never leads to a second one.
 */
export function createAzureReimaging(
  contextFor: (record: DatacenterRecord, world: World) => Promise<AzureContext>,
): Reimaging {
  return {
    async prepare(request, world) {
      const record = await findRecord(request, world);
      const ref = { resourceGroup: record.resourceGroup, name: request.vmName };
      const isUnderWay = (await keptOf(request, world).read()) !== undefined;
      if (!isUnderWay) await readOurs(ref, request.routerName, await contextFor(record, world));
    },

    async run(request, pin, world) {
      const record = await findRecord(request, world);
      await withDatacenter(request.routerName, world, async () => {
        const ctx = await contextFor(record, world);
        const hostKey = await giveFreshDisk(request, record, ctx);
        await pin(hostKey);
        await remember(request, hostKey, world);
      });
    },
  };
}

async function giveFreshDisk(
  request: ReimageRequest,
  record: DatacenterRecord,
  ctx: AzureContext,
): Promise<string> {
  const { arm, world } = ctx;
  const { vmName, routerName, id } = request;
  const ref = { resourceGroup: record.resourceGroup, name: vmName };
  const kept = keptOf(request, world);
  return retry(
    async () => {
      if ((await kept.read()) !== undefined) await replaceVm(ref, kept, ctx);
      for (;;) {
        const vm = await readOurs(ref, routerName, ctx);
        switch (decideReimage(vm, id)) {
          case "mark":
            await tagVm(arm, ref.resourceGroup, vmName, markedTags(vm, id));
            break;
          case "reimage":
            await reimage(ref, kept, ctx);
            break;
          case "read-key":
            await readFreshKey(ref, vm, ctx);
            break;
          case "done":
            await startIfStopped(ref, vm, ctx);
            return vm.tags?.[HOST_KEY_TAG] ?? "";
        }
      }
    },
    // Each time it is looked anew what is done: the call for which this happened may have been heard.
    {
      timeoutMs: TIMEOUT_MS,
      minDelayMs: 1_000,
      maxDelayMs: 15_000,
      isRetriable: passesByItself,
      signal: world.signal,
      clock: world.clock,
    },
  );
}

/** One try: if it was heard although the answer says otherwise, another look shows it. */
async function reimage(ref: VmRef, kept: KeptModel, ctx: AzureContext): Promise<void> {
  const { arm, world } = ctx;
  const { resourceGroup, name } = ref;
  try {
    await world.progress.step(`Reimage VM ${name}`, () =>
      arm.run(`Cannot reimage VM ${name}`, () => arm.compute.virtualMachines.reimage(resourceGroup, name), 0),
    );
  } catch (error) {
    if (!isNotOffered(error)) throw error;
    await world.progress.step(`Make VM ${name} again`, () => replaceVm(ref, kept, ctx));
  }
}

/** Azure may offer it for some disks only. */
function isNotOffered(error: unknown): boolean {
  return (
    error instanceof StargateError &&
    error.reason === "AzureRefused" &&
    /not (supported|allowed)|unsupported|ephemeral/i.test(error.message)
  );
}

async function readFreshKey(ref: VmRef, vm: VirtualMachine, ctx: AzureContext): Promise<void> {
  const hostKey = await ctx.world.progress.step(`Read the new host key of ${ref.name}`, () =>
    readHostKey(ref, ctx),
  );
  if (keyMarkOf(hostKey) === readMark(vm)?.keyBefore) {
    throw new StargateError(
      "StillTheOldSystem",
      `Cannot reimage ${ref.name}: it has the host key of before`,
      {
        remedy: "Look at the VM's activity log: what Azure calls reimaged is still the old disk.",
      },
    );
  }
  await tagVm(ctx.arm, ref.resourceGroup, ref.name, { ...vm.tags, [HOST_KEY_TAG]: hostKey });
}

async function startIfStopped(ref: VmRef, vm: VirtualMachine, { arm }: AzureContext): Promise<void> {
  const power = vm.instanceView?.statuses?.find(({ code }) => code?.startsWith("PowerState/"))?.code;
  if (power === undefined || /running|starting/.test(power)) return;
  await arm.run(`Cannot start VM ${ref.name}`, () =>
    arm.compute.virtualMachines.start(ref.resourceGroup, ref.name),
  );
}

/** @throws StargateError AzureNameTaken for a VM that is missing, or not of this datacenter */
async function readOurs(
  ref: VmRef,
  routerName: string,
  { arm, world }: AzureContext,
): Promise<VirtualMachine> {
  const read = () => readVm(arm, ref.resourceGroup, ref.name);
  const vm = await readSettled({ title: `VM ${ref.name}`, read }, arm, world);
  if (vm !== undefined && hasTag(vm, DATACENTER_TAG, routerName)) return vm;
  throw new StargateError(
    "AzureVmMissing",
    `Cannot reimage ${ref.name}: resource group ${ref.resourceGroup} has no such VM of datacenter ${routerName}`,
    { remedy: "Run prep-dc-inventory for the datacenter: it makes what is missing." },
  );
}

/** So that what this host remembers of the datacenter stays true. */
async function remember(
  { routerName, vmName }: ReimageRequest,
  hostKey: string,
  world: World,
): Promise<void> {
  const record = await readRecord(routerName, world);
  if (record === undefined) return;
  const workers = record.inventory.workers.map((worker) =>
    worker.name === vmName ? { ...worker, hostKey } : worker,
  );
  await writeRecord({ ...record, inventory: { ...record.inventory, workers } }, world);
}

function keptOf({ routerName, vmName, id }: ReimageRequest, world: World): KeptModel {
  return keptModel(recordFolder(world, routerName), vmName, id);
}

async function findRecord({ routerName, vmName }: ReimageRequest, world: World): Promise<DatacenterRecord> {
  const record = await readRecord(routerName, world);
  if (record !== undefined) return record;
  throw new StargateError(
    "DatacenterElsewhere",
    `Cannot reimage ${vmName}: this controller's host does not know where in Azure datacenter ${routerName} is`,
    {
      remedy:
        "Run bin/azure-controller on the host, as the user and with the STARGATE_STATE_DIR with which " +
        "prep-dc-inventory made it; or use mode inplace.",
    },
  );
}
