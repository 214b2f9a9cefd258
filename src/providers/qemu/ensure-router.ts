import { join as joinPath } from "node:path";
import { addSecret } from "../../lib/redact.ts";
import type { World } from "../../lib/world.ts";
import type { RouterJoin } from "../provider.ts";
import { routerVms, type Datacenter, type RouterJoinState, type RouterVmState } from "./datacenter-state.ts";
import type { RouterAction } from "./decide.ts";
import { makeSeed, routerSeed } from "./guest/seed.ts";
import { routerGuest } from "./guests.ts";
import { launchRouter, makeVmDir, type Launch } from "./launch.ts";
import { makeDisk } from "./make-disk.ts";
import type { Network, Uplink } from "./network/network.ts";
import { StateWriter } from "./state-writer.ts";
import { vmFiles } from "./vm-arguments.ts";
import { stopVm } from "./vm.ts";

/**
 * Makes a router's seed and disk, or leaves them, and starts it. A key is asked for only when the router has to join
 * the tailnet, and stands in the datacenter's state before it lies in a seed, so that it is surely removed.
 */
export async function ensureRouter(
  launch: Launch,
  { router, place }: { router: RouterVmState; place: number },
  action: Exclude<RouterAction, "leave">,
  routerJoin: RouterJoin,
  world: World,
): Promise<void> {
  const { dir, datacenter, network, state } = launch;
  const vmDir = await makeVmDir(dir, router.name);
  if (action !== "start") {
    await stopVm(vmDir, action === "make" ? "discard" : "powerdown", world.clock);
    const authKey = await routerJoin.readAuthKey(router.name);
    addSecret(authKey);
    const { loginServer, tags, loopbackPorts, isolated } = routerJoin;
    const join: RouterJoinState = {
      ...(loginServer === undefined ? {} : { loginServer }),
      tags: [...tags],
      loopbackPorts: [...loopbackPorts],
      isolated,
      keyInSeed: true,
    };
    await state.setJoin(router.name, join);
    const told = { uplink: await network.uplink(place), authKey, signal: world.signal };
    await writeRouterSeed(vmDir, datacenter, { ...router, join }, told);
  }
  if (action === "make" && router.base !== undefined) {
    await makeDisk(vmDir, router.base, router.diskGiB, world.signal);
  }
  await launchRouter(launch, { router, place }, world);
}

/** Rewrites the routers' seeds without their keys. One without a key is left alone. */
export async function removeKeysFromSeeds(
  dir: string,
  datacenter: Datacenter,
  network: Network,
  signal: AbortSignal,
): Promise<void> {
  const state = new StateWriter(dir, datacenter);
  for (const [place, router] of routerVms(datacenter).entries()) {
    if (router.join?.keyInSeed !== true) continue;
    const join = { ...router.join, keyInSeed: false };
    const told = { uplink: await network.uplink(place), authKey: undefined, signal };
    await writeRouterSeed(joinPath(dir, router.name), datacenter, { ...router, join }, told);
    await state.setJoin(router.name, join);
  }
}

async function writeRouterSeed(
  vmDir: string,
  datacenter: Datacenter,
  router: RouterVmState & { join: RouterJoinState },
  { uplink, authKey, signal }: { uplink: Uplink; authKey: string | undefined; signal: AbortSignal },
): Promise<void> {
  await makeSeed(
    joinPath(vmDir, vmFiles.seed),
    routerSeed(routerGuest(datacenter, router, uplink, authKey)),
    signal,
  );
}
