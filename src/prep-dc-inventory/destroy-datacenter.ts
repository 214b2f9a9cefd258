import { describeError, StargateError } from "../lib/errors.ts";
import type { World } from "../lib/world.ts";
import type { Provider } from "../providers/provider.ts";
import { routersOf } from "../providers/routers.ts";
import { isRouterDevice, type RouterPlace } from "../tailnet/is-router-device.ts";
import type { Connections } from "./connections.ts";
import { deleteDatacenters } from "./write-datacenter.ts";
import { deleteServers } from "./write-servers.ts";

/**
 * Takes a datacenter down: Server and Datacenter objects, VMs with their disks, the routers' tailnet devices. What is
 * gone already is fine. Without connections (the cluster and tailnet are gone themselves) only the VMs are removed.
 */
export async function destroyDatacenter(
  routerName: string,
  provider: Provider,
  connections: Connections | undefined,
  world: World,
  flags: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const { progress, signal } = world;
  const known = await provider.readInventory(routerName, world);
  let subnetCidr = known?.subnetCidr;
  const routers = new Set([
    routerName,
    ...(known === undefined ? [] : routersOf(known)).map(({ name }) => name),
  ]);
  if (connections !== undefined) {
    await progress.step(`Delete the Server and Datacenter objects of ${routerName}`, async (update) => {
      const { client } = connections;
      const servers = await deleteServers(client, routerName, signal);
      const datacenters = await deleteDatacenters(client, routerName, signal);
      // What made it may have been another host.
      for (const { name } of datacenters.flatMap(({ spec }) => spec.routers)) routers.add(name);
      subnetCidr ??= datacenters[0]?.spec.subnets[0];
      const names = [
        ...servers,
        ...datacenters.map(({ metadata: { namespace, name } }) => `${namespace}/${name}`),
      ];
      update(names.length === 0 ? "there are none" : names.join(", "));
    });
  }
  await progress.step(`Remove the VMs of ${routerName}`, () =>
    provider.destroyDatacenter(routerName, world, flags),
  );
  if (connections !== undefined) {
    await progress.step(`Remove ${[...routers].join(" and ")} from the tailnet`, () =>
      removeDevices({ routerNames: [...routers], subnetCidr }, connections, world),
    );
  }
}

async function removeDevices(
  place: RouterPlace,
  { tailnet }: Connections,
  { progress, signal }: World,
): Promise<void> {
  try {
    for (const device of await tailnet.listDevices(signal)) {
      if (isRouterDevice(device, place)) await tailnet.deleteDevice(device.id, signal);
    }
  } catch (error) {
    if (!(error instanceof StargateError) || error.reason !== "ManualApprovalNeeded") throw error;
    progress.say(
      `Remove the device ${place.routerNames.join(" and ")} in the tailnet's admin console yourself: ${describeError(error)}`,
    );
  }
}
