import { ROUTER_TAG, type Device } from "./tailnet.ts";

/** A datacenter as far as its routers' devices are to be told from others'. */
export interface RouterPlace {
  routerNames: readonly string[];
  /** Undefined where it is not known here. */
  subnetCidr: string | undefined;
}

/**
 * Pure: whether a device is a router of this datacenter: it has the name, and either our tag or, where it joined with a
 * key that somebody made without that tag, the datacenter's very route.
 */
export function isRouterDevice(device: Device, { routerNames, subnetCidr }: RouterPlace): boolean {
  if (!routerNames.includes(device.hostname)) return false;
  if (device.tags.includes(ROUTER_TAG)) return true;
  const { advertisedRoutes, enabledRoutes } = device;
  return subnetCidr !== undefined && [...advertisedRoutes, ...enabledRoutes].includes(subnetCidr);
}
