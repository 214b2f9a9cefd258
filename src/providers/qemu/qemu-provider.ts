import type { World } from "../../lib/world.ts";
import type { DatacenterRequest, PlanLine, Provider } from "../provider.ts";
import { datacenterDir, inventoryOf, readDatacenter, readDatacenters } from "./datacenter-state.ts";
import type { VmFacts } from "./decide.ts";
import { destroyDatacenter } from "./destroy-datacenter.ts";
import { ensureDatacenter } from "./ensure-datacenter.ts";
import { removeKeysFromSeeds } from "./ensure-router.ts";
import { chooseMode, openNetwork } from "./network/choose-network.ts";
import { observeVms } from "./observe.ts";
import { planDatacenter } from "./plan.ts";
import { preflight } from "./preflight.ts";
import { DEFAULT_SUBNET_CIDR } from "./qemu-flags.ts";
import { parseQemuOptions, qemuSubnetFrom, type QemuOptions } from "./qemu-options.ts";
import { qemuReimaging } from "./reimage-worker.ts";
import { withDatacenter } from "./with-datacenter.ts";

/** Datacenters of QEMU VMs on this host. */
export const qemuProvider: Provider<QemuOptions> = {
  id: "qemu",
  defaultSubnetCidr: DEFAULT_SUBNET_CIDR,
  maxRouters: 2,
  subnetFromFlags: qemuSubnetFrom,
  parseOptions: parseQemuOptions,
  preflight,
  plan,
  ensureDatacenter,
  forgetJoinKey,
  reimaging: qemuReimaging,
  readInventory: async (routerName, world) => {
    const datacenter = await readDatacenter(datacenterDir(world.paths.datacentersDir, routerName));
    return datacenter === undefined ? undefined : inventoryOf(datacenter);
  },
  destroyDatacenter,
  listDatacenters: async (world) =>
    (await readDatacenters(world.paths.datacentersDir)).map((datacenter) => inventoryOf(datacenter)),
};

async function plan(request: DatacenterRequest, options: QemuOptions, world: World): Promise<PlanLine[]> {
  const dir = datacenterDir(world.paths.datacentersDir, request.routerName);
  const existing = await readDatacenter(dir);
  const facts = existing === undefined ? new Map<string, VmFacts>() : await observeVms(dir, existing);
  return planDatacenter(request, existing, facts, await chooseMode(options.network, existing));
}

async function forgetJoinKey(routerName: string, world: World): Promise<void> {
  await withDatacenter(routerName, "removing a used key", world, async (dir) => {
    const datacenter = await readDatacenter(dir);
    if (datacenter === undefined) return;
    await removeKeysFromSeeds(dir, datacenter, openNetwork(datacenter), world.signal);
  });
}
