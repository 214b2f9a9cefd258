import { StargateError } from "../lib/errors.ts";
import { providers } from "../providers/registry.ts";
import { routersOf } from "../providers/routers.ts";
import { isRouterDevice, type RouterPlace } from "../tailnet/is-router-device.ts";
import { ROUTER_TAG, type Tailnet } from "../tailnet/tailnet.ts";
import type { World } from "../lib/world.ts";
import type { Finder } from "./removal.ts";

/**
 * Devices and unused keys of a tailnet that carry our tag, and routers of datacenters made from here that joined without
 * it, where credentials of its API were given.
 */
export function findInTailnet(tailnet: Tailnet | undefined): Finder {
  return async (world) => {
    if (tailnet === undefined) return [];
    const { signal } = world;
    try {
      const [devices, keys, places] = await Promise.all([
        tailnet.listDevices(signal),
        listKeys(tailnet, signal),
        listPlaces(world),
      ]);
      const ours = devices.filter(
        (device) => device.tags.includes(ROUTER_TAG) || places.some((place) => isRouterDevice(device, place)),
      );
      return [
        ...ours.map(({ id, hostname, addresses }) => ({
          kind: "tailnet device",
          what: `${hostname} (${addresses[0] ?? id}) in ${tailnet.description}`,
          remove: () => tailnet.deleteDevice(id, signal),
        })),
        ...keys.map((id) => ({
          kind: "tailnet key",
          what: `${id} in ${tailnet.description}`,
          remove: () => tailnet.revokeRouterKey(id, signal),
        })),
      ];
    } catch (error) {
      // With an auth key alone nothing can be seen, and nothing removed.
      if (error instanceof StargateError && error.reason === "ManualApprovalNeeded") return [];
      throw error;
    }
  };
}

/** A client that may not even look at keys has made none. */
async function listKeys(tailnet: Tailnet, signal: AbortSignal): Promise<string[]> {
  try {
    return await tailnet.listRouterKeys(signal);
  } catch (error) {
    if (error instanceof StargateError && error.reason === "TailnetForbidden") return [];
    throw error;
  }
}

async function listPlaces(world: World): Promise<RouterPlace[]> {
  const found = await Promise.all(providers.map((provider) => provider.listDatacenters(world)));
  return found.flat().map((inventory) => ({
    routerNames: routersOf(inventory).map(({ name }) => name),
    subnetCidr: inventory.subnetCidr,
  }));
}
