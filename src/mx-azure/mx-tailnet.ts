import { describeError, StargateError } from "../lib/errors.ts";
import type { World } from "../lib/world.ts";
import { ROUTER_TAG, type Device, type RouterKey, type Tailnet } from "../tailnet/tailnet.ts";
import type { TailnetJoin } from "./ensure-mx.ts";

/** Long enough for a slow first boot. */
const KEY_TTL_SECONDS = 3_600;

/**
 * Runs `work` with a way for the VM to join the tailnet. A key that is made for it is for one run: used or not, it is
 * revoked when the run ends.
 */
export async function withTailnetJoin<T>(
  tailnet: Tailnet,
  vmName: string,
  world: World,
  work: (join: TailnetJoin) => Promise<T>,
): Promise<T> {
  const keys: RouterKey[] = [];
  try {
    return await work({
      loginServer: tailnet.loginServer,
      readAuthKey: async () => {
        await removeOffline(tailnet, vmName, world.signal);
        const key = await tailnet.createRouterKey(
          { description: `stargate mx ${vmName}`.slice(0, 50), ttlSeconds: KEY_TTL_SECONDS },
          world.signal,
        );
        keys.push(key);
        return key.key;
      },
    });
  } finally {
    for (const { id } of keys) {
      if (id === undefined) continue;
      await tailnet.revokeRouterKey(id).catch((error: unknown) => {
        world.log.warn("Cannot revoke a tailnet key; it ends by itself within an hour", {
          id,
          error: describeError(error),
        });
      });
    }
  }
}

/** A VM that is made anew is a new device; the old one would keep its name. */
async function removeOffline(tailnet: Tailnet, vmName: string, signal: AbortSignal): Promise<void> {
  const devices = await listDevices(tailnet, signal);
  const old = (devices ?? []).filter(
    ({ hostname, tags, online }) => hostname === vmName && !online && tags.includes(ROUTER_TAG),
  );
  for (const { id } of old) await tailnet.deleteDevice(id, signal);
}

/** Undefined where the tailnet cannot be asked, because only an auth key was given. */
export async function listDevices(tailnet: Tailnet, signal: AbortSignal): Promise<Device[] | undefined> {
  try {
    return await tailnet.listDevices(signal);
  } catch (error) {
    if (error instanceof StargateError && error.reason === "ManualApprovalNeeded") return undefined;
    throw error;
  }
}

/** The device of a VM: that with its address, or where that is not known, ours with its name. */
export function findMxDevices(
  devices: readonly Device[],
  vmName: string,
  tailnetAddress: string | undefined,
): Device[] {
  return devices.filter(({ hostname, addresses, tags }) =>
    tailnetAddress === undefined
      ? hostname === vmName && tags.includes(ROUTER_TAG)
      : addresses.includes(tailnetAddress),
  );
}
