import { join as joinPath } from "node:path";
import { addSecret } from "../../lib/redact.ts";
import type { World } from "../../lib/world.ts";
import type { RouterJoin } from "../provider.ts";
import { writeDatacenter, type Datacenter, type RouterJoinState } from "./datacenter-state.ts";
import type { RouterAction } from "./decide.ts";
import { makeSeed, routerSeed } from "./guest/seed.ts";
import { routerGuest } from "./guests.ts";
import { launchRouter, makeVmDir, type Launch } from "./launch.ts";
import { makeDisk } from "./make-disk.ts";
import type { Uplink } from "./network/network.ts";
import { vmFiles } from "./vm-arguments.ts";
import { stopVm } from "./vm.ts";

/**
 * Makes the router's seed and disk, or leaves them, and starts it. A key is asked for only when the router has to join
 * the tailnet, and stands in the datacenter's state before it lies in a seed, so that it is surely removed.
 */
export async function ensureRouter(
  launch: Launch,
  action: Exclude<RouterAction, "leave">,
  routerJoin: RouterJoin,
  world: World,
): Promise<void> {
  const { dir, datacenter, uplink } = launch;
  const { router } = datacenter;
  const vmDir = await makeVmDir(dir, router.name);
  if (action !== "start") {
    await stopVm(vmDir, action === "make" ? "discard" : "powerdown", world.clock);
    const authKey = await routerJoin.readAuthKey();
    addSecret(authKey);
    const { loginServer, tags, loopbackPorts, isolated } = routerJoin;
    const join: RouterJoinState = {
      ...(loginServer === undefined ? {} : { loginServer }),
      tags: [...tags],
      loopbackPorts: [...loopbackPorts],
      isolated,
      keyInSeed: true,
    };
    await writeDatacenter(dir, withJoin(datacenter, join));
    await writeRouterSeed(vmDir, datacenter, join, { uplink, authKey, signal: world.signal });
  }
  if (action === "make" && router.base !== undefined) {
    await makeDisk(vmDir, router.base, router.diskGiB, world.signal);
  }
  await launchRouter(launch, world);
}

/** Rewrites the router's seed without its key. One without a key is left alone. */
export async function removeKeyFromSeed(
  dir: string,
  datacenter: Datacenter,
  uplink: Uplink,
  signal: AbortSignal,
): Promise<void> {
  const { router } = datacenter;
  if (router.join?.keyInSeed !== true) return;
  const join = { ...router.join, keyInSeed: false };
  await writeRouterSeed(joinPath(dir, router.name), datacenter, join, { uplink, authKey: undefined, signal });
  await writeDatacenter(dir, withJoin(datacenter, join));
}

async function writeRouterSeed(
  vmDir: string,
  datacenter: Datacenter,
  join: RouterJoinState,
  { uplink, authKey, signal }: { uplink: Uplink; authKey: string | undefined; signal: AbortSignal },
): Promise<void> {
  await makeSeed(
    joinPath(vmDir, vmFiles.seed),
    routerSeed(routerGuest(datacenter, join, uplink, authKey)),
    signal,
  );
}

function withJoin(datacenter: Datacenter, join: RouterJoinState): Datacenter {
  return { ...datacenter, router: { ...datacenter.router, join } };
}
