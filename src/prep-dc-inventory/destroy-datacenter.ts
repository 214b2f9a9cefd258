import { describeError, StargateError } from "../lib/errors.ts";
import type { World } from "../lib/world.ts";
import type { Provider } from "../providers/provider.ts";
import { routersOf } from "../providers/routers.ts";
import { ROUTER_TAG } from "../tailnet/tailnet.ts";
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
      removeDevices(routers, connections, world),
    );
  }
}

async function removeDevices(
  routers: ReadonlySet<string>,
  { tailnet }: Connections,
  { progress, signal }: World,
): Promise<void> {
  try {
    const devices = await tailnet.listDevices(signal);
    for (const { id, hostname, tags } of devices) {
      if (routers.has(hostname) && tags.includes(ROUTER_TAG)) await tailnet.deleteDevice(id, signal);
    }
  } catch (error) {
    if (!(error instanceof StargateError) || error.reason !== "ManualApprovalNeeded") throw error;
    progress.say(
      `Remove the device ${[...routers].join(" and ")} in the tailnet's admin console yourself: ${describeError(error)}`,
    );
  }
}
