import { StargateError } from "../../lib/errors.ts";
import type { World } from "../../lib/world.ts";
import type { DatacenterRequest, Inventory, RouterJoin } from "../provider.ts";
import {
  inventoryOf,
  readDatacenter,
  readDatacenters,
  routerVms,
  withRouters,
  writeDatacenter,
  type BaseImage,
  type Datacenter,
} from "./datacenter-state.ts";
import { decideRouter, decideWorker, type RouterAction, type VmFacts, type WorkerAction } from "./decide.ts";
import { addWorkers, draftDatacenter } from "./draft-datacenter.ts";
import { ensureRouter } from "./ensure-router.ts";
import { ensureWorker } from "./ensure-worker.ts";
import { ensureGuestImage } from "./guest/guest-image.ts";
import { chooseMode, chooseNetwork, openNetwork } from "./network/choose-network.ts";
import { describeBase, observeVms } from "./observe.ts";
import { prepareLaunch } from "./prepare-launch.ts";
import type { QemuOptions } from "./qemu-options.ts";
import { withDatacenter } from "./with-datacenter.ts";

interface Actions {
  routers: ReadonlyMap<string, RouterAction>;
  workers: ReadonlyMap<string, WorkerAction>;
}

/** What is to be done, by whom it was asked for. */
interface Order {
  request: DatacenterRequest;
  options: QemuOptions;
  routerJoin: RouterJoin;
  world: World;
}

const titles = { make: "Make and start", start: "Start", rejoin: "Restart with a new tailnet key:" } as const;

/**
 * Makes a datacenter's VMs, or what is missing of them, and starts what is stopped. What runs is left alone, but for
 * a router that its tailnet does not know. Everything is decided and written down before anything is made, so that
 * the next run continues one that was cut off.
 */
export async function ensureDatacenter(
  request: DatacenterRequest,
  options: QemuOptions,
  routerJoin: RouterJoin,
  world: World,
): Promise<Inventory> {
  return withDatacenter(request.routerName, "preparing it", world, async (dir) => {
    const existing = await readDatacenter(dir);
    const facts = existing === undefined ? new Map<string, VmFacts>() : await observeVms(dir, existing);
    const drafted = existing ?? (await draft(request, options, world));
    const complete = await addWorkers(drafted, request, options.size, facts, world.signal);
    const actions = await decide(complete, request, facts, routerJoin);
    const datacenter = await chooseImages(complete, actions, options, world);
    await writeDatacenter(dir, datacenter);
    await carryOut(dir, datacenter, actions, { request, options, routerJoin, world });
    reportLeftOut(datacenter, request, world);
    return inventoryOf(datacenter, request.vmNames);
  });
}

async function draft(request: DatacenterRequest, options: QemuOptions, world: World): Promise<Datacenter> {
  const others = await readDatacenters(world.paths.datacentersDir);
  const mode = await chooseMode(options.network, undefined);
  return draftDatacenter(request, await chooseNetwork(mode, request, others, world), world.signal);
}

async function decide(
  datacenter: Datacenter,
  { vmNames }: DatacenterRequest,
  facts: ReadonlyMap<string, VmFacts>,
  routerJoin: RouterJoin,
): Promise<Actions> {
  const nothing: VmFacts = { isRunning: false, hasDisk: false };
  const routers = new Map<string, RouterAction>();
  for (const { name, join: before } of routerVms(datacenter)) {
    const device = await routerJoin.findDevice(name);
    const action = decideRouter(facts.get(name) ?? nothing, { before, now: routerJoin, device });
    if (action === "make" && device === "online") throw nameTaken(name);
    routers.set(name, action);
  }
  return {
    routers,
    workers: new Map(vmNames.map((name) => [name, decideWorker(facts.get(name) ?? nothing)])),
  };
}

function nameTaken(name: string): StargateError {
  const remedy =
    "Choose another --router-name, or remove that device from the tailnet. A VM that has just ended is told offline within two minutes.";
  return new StargateError("RouterNameTaken", `${name} is online in the tailnet, but is no running VM here`, {
    remedy,
  });
}

/** Gives every VM whose disk is to be made its image, which is built or downloaded now if it must be. */
async function chooseImages(
  datacenter: Datacenter,
  actions: Actions,
  { image }: QemuOptions,
  world: World,
): Promise<Datacenter> {
  const { routers, workers } = actions;
  if (![...routers.values(), ...workers.values()].includes("make")) return datacenter;
  const base = await describeBase(await ensureGuestImage(image, world));
  return {
    ...withRouters(datacenter, (router) =>
      routers.get(router.name) === "make" ? { ...router, base } : router,
    ),
    workers: datacenter.workers.map((vm) => (workers.get(vm.name) === "make" ? { ...vm, base } : vm)),
  };
}

/** Starts everything at once: an emulated guest that waits for another one only wastes a processor. */
async function carryOut(
  dir: string,
  datacenter: Datacenter,
  actions: Actions,
  { request, options, routerJoin, world }: Order,
): Promise<void> {
  const { routers, workers } = actions;
  const base = baseOfOneToStart(datacenter, actions);
  if (base === undefined) {
    await openNetwork(datacenter).ensure(routerJoin, world); // what runs may still have lost its way out
    return;
  }
  const { artifactsDir } = request;
  const launch = await prepareLaunch(
    dir,
    datacenter,
    { options, way: routerJoin, base, artifactsDir },
    world,
  );
  const work: Promise<void>[] = [];
  for (const [place, router] of routerVms(datacenter).entries()) {
    const action = routers.get(router.name) ?? "leave";
    if (action === "leave") continue;
    work.push(
      world.progress.step(`${titles[action]} router ${router.name}`, () =>
        ensureRouter(launch, { router, place }, action, routerJoin, world),
      ),
    );
  }
  for (const vm of datacenter.workers) {
    const action = workers.get(vm.name) ?? "leave";
    if (action === "leave") continue;
    work.push(
      world.progress.step(`${titles[action]} worker ${vm.name}`, () =>
        ensureWorker(launch, vm, action, world),
      ),
    );
  }
  // Each to its end: what was begun is not left half-way because another one failed.
  const failed = (await Promise.allSettled(work)).find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

function baseOfOneToStart(datacenter: Datacenter, { routers, workers }: Actions): BaseImage | undefined {
  const starts = [
    ...routerVms(datacenter).filter(({ name }) => (routers.get(name) ?? "leave") !== "leave"),
    ...datacenter.workers.filter(({ name }) => (workers.get(name) ?? "leave") !== "leave"),
  ];
  return starts[0]?.base;
}

function reportLeftOut({ workers }: Datacenter, { vmNames }: DatacenterRequest, { progress }: World): void {
  const leftOut = workers.map(({ name }) => name).filter((name) => !vmNames.includes(name));
  if (leftOut.length > 0)
    progress.say(`Left alone, as this request does not name them: ${leftOut.join(", ")}`);
}
