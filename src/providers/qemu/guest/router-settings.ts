import type { RouterGuest } from "./guest.ts";

/**
 * router.env of a router's seed: what its scripts go by. Lines NAME=value, read as data and never run, so a value may
 * hold anything but a line's end.
 */
export function renderRouterSettings(router: RouterGuest): string {
  const settings = {
    HOST_NAME: router.hostName,
    SUBNET: router.subnetCidr,
    OWN_ADDRESS: router.lan.address,
    SHARED_ADDRESS: router.shared?.address ?? "",
    PEERS: router.shared?.peers.join(" ") ?? "",
    LOGIN_SERVER: router.loginServer ?? "",
    TAGS: router.tags.join(","),
    HOST_ADDRESS: router.hostAddress,
    HOST_PORTS: router.loopbackPorts.join(","),
    ISOLATED: router.isolated ? "yes" : "no",
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}
