import { StargateError } from "../lib/errors.ts";
import { ROUTER_TAG, type Tailnet } from "../tailnet/tailnet.ts";
import type { Finder } from "./removal.ts";

/** Devices and unused keys of a tailnet that carry our tag, where credentials of its API were given. */
export function findInTailnet(tailnet: Tailnet | undefined): Finder {
  return async ({ signal }) => {
    if (tailnet === undefined) return [];
    try {
      const [devices, keys] = await Promise.all([
        tailnet.listDevices(signal),
        tailnet.listRouterKeys(signal),
      ]);
      const ours = devices.filter(({ tags }) => tags.includes(ROUTER_TAG));
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
