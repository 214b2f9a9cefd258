import { StargateError } from "../lib/errors.ts";
import { retry } from "../lib/retry.ts";
import type { World } from "../lib/world.ts";
import type { Dialer } from "../remote/dialer.ts";
import type { InventoryEntry } from "../providers/provider.ts";
import type { Device, Tailnet } from "../tailnet/tailnet.ts";
import { BOOT_TIMEOUT_MS } from "./verify-way.ts";

const ROUTE_TIMEOUT_MS = 2 * 60_000;
const DIAL_TIMEOUT_MS = 8_000;

/**
 * Waits until the router is online in the tailnet.
 * @throws StargateError RouterNotInTailnet with what to look at
 */
export async function waitForRouter(tailnet: Tailnet, routerName: string, world: World): Promise<Device> {
  const { signal, clock } = world;
  return retry(
    async () => {
      const device = findRouter(await tailnet.listDevices(signal), routerName);
      if (device?.online === true) return device;
      throw new StargateError(
        "RouterNotInTailnet",
        `Router ${routerName} has not joined ${tailnet.description}`,
        {
          retriable: true,
          remedy: "Look at the router's console; run the command again to go on waiting.",
        },
      );
    },
    { timeoutMs: BOOT_TIMEOUT_MS, minDelayMs: 500, maxDelayMs: 2_000, signal, clock },
  );
}

/**
 * Approves the datacenter's subnet for every router and waits until it is enabled for all and leads through one.
 * @throws StargateError RouteNotUp
 */
export async function ensureRoutes(
  tailnet: Tailnet,
  routerNames: readonly string[],
  subnetCidr: string,
  world: World,
): Promise<void> {
  const { signal, clock } = world;
  await retry(
    async () => {
      const devices = await tailnet.listDevices(signal);
      const routers = routerNames.map((name) => ({ name, device: findRouter(devices, name) }));
      const state = describeRoutes(routers, subnetCidr);
      if (state === undefined) return;
      for (const { device } of routers) {
        if (device === undefined || device.enabledRoutes.includes(subnetCidr)) continue;
        await tailnet.approveRoutes(device.id, [...new Set([...device.enabledRoutes, subnetCidr])], signal);
      }
      throw new StargateError("RouteNotUp", `Route ${subnetCidr} of ${state}`, {
        retriable: true,
        remedy: "Run the command again; if it stays so, look at the router's devices page in the tailnet.",
      });
    },
    { timeoutMs: ROUTE_TIMEOUT_MS, minDelayMs: 200, maxDelayMs: 1_000, signal, clock },
  );
}

/**
 * Proves that every router can be reached at its address in the datacenter: one that waits to take over, through the
 * one that carries the traffic. A refusal is an answer too.
 * @throws StargateError with the dialer's reasons
 */
export async function reachRouters(
  routers: readonly Pick<InventoryEntry, "ipv4">[],
  dialer: Dialer,
  { signal, clock }: World,
): Promise<void> {
  const reach = async (host: string): Promise<void> => {
    try {
      const socket = await dialer.dial({ host, port: 22 }, { timeoutMs: DIAL_TIMEOUT_MS, signal });
      socket.on("error", () => undefined).destroy();
    } catch (error) {
      if (!(error instanceof StargateError) || error.reason !== "ConnectionRefused") throw error;
    }
  };
  const times = { timeoutMs: ROUTE_TIMEOUT_MS, minDelayMs: 500, maxDelayMs: 2_000, signal, clock };
  await Promise.all(routers.map(({ ipv4 }) => retry(() => reach(ipv4), times)));
}

/** The router's device. A router made anew leaves its old device behind, offline, under the same host name. */
export function findRouter(devices: readonly Device[], routerName: string): Device | undefined {
  const named = devices.filter(({ hostname }) => hostname === routerName);
  return named.find(({ online }) => online) ?? named[0];
}

/** What is missing for a route to be up through these routers, one of which carries it; undefined when nothing is. */
export function describeRoutes(
  routers: readonly { name: string; device: Device | undefined }[],
  subnetCidr: string,
): string | undefined {
  for (const { name, device } of routers) {
    const state = describeOffer(device, subnetCidr);
    if (state !== undefined) return `${name} is ${state}`;
  }
  const isCarried = routers.some(({ device }) => device !== undefined && isPrimary(device, subnetCidr));
  return isCarried ? undefined : `${routers.map(({ name }) => name).join(", ")} is ${NOT_PRIMARY}`;
}

/** What is missing for a route to be up through this device; undefined when it is. */
export function describeRoute(device: Device | undefined, subnetCidr: string): string | undefined {
  const state = describeOffer(device, subnetCidr);
  if (state !== undefined || device === undefined) return state;
  return isPrimary(device, subnetCidr) ? undefined : NOT_PRIMARY;
}

const NOT_PRIMARY = "not primary: another device serves the same subnet";

function describeOffer(device: Device | undefined, subnetCidr: string): string | undefined {
  if (device === undefined) return "unknown: the router is not in the tailnet";
  if (!device.online) return "down: the router is offline";
  if (!device.advertisedRoutes.includes(subnetCidr)) return "not advertised yet";
  if (!device.enabledRoutes.includes(subnetCidr)) return "not approved yet";
  return undefined;
}

/** Tailscale's API does not tell; then it is taken for good. */
function isPrimary({ primaryRoutes }: Device, subnetCidr: string): boolean {
  return primaryRoutes === undefined || primaryRoutes.includes(subnetCidr);
}
