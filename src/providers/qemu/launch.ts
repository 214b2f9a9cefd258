import { join } from "node:path";
import { makePrivateDir } from "../../lib/files.ts";
import type { World } from "../../lib/world.ts";
import type { Accelerator } from "./accelerator.ts";
import { routerVms, type Datacenter, type RouterVmState, type VmState } from "./datacenter-state.ts";
import type { Network } from "./network/network.ts";
import type { StateWriter } from "./state-writer.ts";
import { renderQemuCommand, type Card } from "./vm-arguments.ts";
import { startVm } from "./vm.ts";

/** What every VM of a datacenter is started with. */
export interface Launch {
  /** The datacenter's folder. */
  dir: string;
  datacenter: Datacenter;
  state: StateWriter;
  network: Network;
  accelerator: Accelerator;
  architecture: "amd64" | "arm64";
  /** The disk that routers install themselves from. */
  routerDisk: string;
  /** The disk that holds what workers install; undefined where they are sent it. */
  artifactsDisk: string | undefined;
  /** Name servers of the workers; none where there is no way out. */
  nameservers: readonly string[];
}

/** A VM's own folder, made where it is missing. */
export async function makeVmDir(dir: string, vmName: string): Promise<string> {
  return makePrivateDir(join(dir, vmName));
}

/** Starts a worker: one card, in the LAN. */
export async function launchWorker(launch: Launch, vm: VmState, world: World): Promise<void> {
  const extraDisks = launch.artifactsDisk === undefined ? [] : [launch.artifactsDisk];
  await launchVm(launch, vm, [lanCard(launch, vm)], extraDisks, world);
}

/** Starts a router: a card towards the outside, and one in the LAN. */
export async function launchRouter(
  launch: Launch,
  { router, place }: { router: RouterVmState; place: number },
  world: World,
): Promise<void> {
  const { network, routerDisk, datacenter } = launch;
  const netdev = network.uplinkNetdev(place);
  const uplink = { id: "uplink", netdev, macAddress: router.uplinkMacAddress };
  // Routers of a pair change the addresses of tunnels' packets, and the kernel then spoils an open checksum (decision 86).
  const lan = { ...lanCard(launch, router), isOffloadFree: routerVms(datacenter).length > 1 };
  await launchVm(launch, router, [uplink, lan], [routerDisk], world);
}

function lanCard({ network }: Launch, vm: VmState): Card {
  return { id: "lan", netdev: network.lanNetdev(vm), macAddress: vm.macAddress };
}

async function launchVm(
  { dir, datacenter, network, accelerator, architecture }: Launch,
  vm: VmState,
  cards: readonly Card[],
  extraDisks: readonly string[],
  world: World,
): Promise<void> {
  const { base } = vm;
  if (base === undefined) throw new Error(`${vm.name} has no image`); // decided before anything is started
  const title = `${datacenter.router.name}/${vm.name}`;
  const argv = renderQemuCommand({ vm, title, base, accelerator, architecture, cards, extraDisks });
  await startVm(join(dir, vm.name), network.inside(argv), world);
}
