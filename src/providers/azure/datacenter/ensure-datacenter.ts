import type { Inventory, InventoryEntry, RouterJoin } from "../../provider.ts";
import { StargateError } from "../../../lib/errors.ts";
import { ensureResource, type AzureContext } from "../arm/ensure-resource.ts";
import { plainMac } from "../resources/network-interface.ts";
import { ensureResourceGroup } from "../resources/resource-group.ts";
import { HOST_KEY_TAG, type Tags } from "../tags.ts";
import { ensureVm, tagVm } from "../vm/ensure-vm.ts";
import type { VmRef } from "../vm/run-command.ts";
import { readHostKey } from "../vm/read-host-key.ts";
import { settleVm, type TailnetMembership, type VmFacts } from "../vm/settle-vm.ts";
import {
  interfaceName,
  networkOf,
  routerOf,
  subnetsOf,
  workerOf,
  type DatacenterSpec,
  type DatacenterVm,
} from "./datacenter-spec.ts";
import { findUplinkCidr, placeWorkers } from "./read-datacenter.ts";
import { registerProviders } from "../arm/register-providers.ts";
import { settleAll } from "../arm/settle-all.ts";

/**
 * Makes a datacenter, or what is missing of it, and puts right what was changed. What does not depend on each other is
 * made side by side; each VM goes its own way from its interface to its host key. May be cut off anywhere and repeated.
 */
export async function ensureDatacenter(
  spec: DatacenterSpec,
  join: RouterJoin,
  ctx: AzureContext,
): Promise<Inventory> {
  await registerProviders(ctx);
  await ensureResourceGroup(spec.options, ctx);
  await ensureNetwork(spec, ctx);
  const places = await placeWorkers(spec, ctx);
  const [router, ...workers] = await settleAll([
    ensureRouter(spec, join, ctx),
    ...places.map((place) => ensureWorker(workerOf(spec, place), ctx)),
  ]);
  if (router === undefined) throw new TypeError("a datacenter has a router");
  return { providerId: "azure", subnetCidr: spec.request.subnetCidr, router, workers };
}

async function ensureNetwork(spec: DatacenterSpec, ctx: AzureContext): Promise<void> {
  const network = networkOf(spec);
  await settleAll<unknown>([
    ensureResource(network.virtualNetwork, ctx),
    ensureResource(network.securityGroup, ctx),
    ensureResource(network.routeTable, ctx),
    ensureResource(network.publicAddress, ctx),
  ]);
  const subnets = subnetsOf(spec, await findUplinkCidr(spec, ctx));
  // One after the other, as they are parts of one virtual network.
  await settleAll([ensureResource(subnets.uplink, ctx), ensureResource(subnets.workers, ctx)]);
}

async function ensureWorker(worker: DatacenterVm, ctx: AzureContext): Promise<InventoryEntry> {
  const vm = await makeVm(worker, ctx);
  const known = vm.tags?.[HOST_KEY_TAG];
  if (known !== undefined) return entryOf(worker, known, ctx);
  const hostKey = await ctx.world.progress.step(`Read the host key of ${worker.vm.name}`, () =>
    readHostKey(refOf(worker), ctx),
  );
  await pinHostKey(worker, vm.tags, hostKey, ctx);
  return entryOf(worker, hostKey, ctx);
}

/** The router is asked each time: only it knows whether it is still what it should be in the tailnet. */
async function ensureRouter(
  spec: DatacenterSpec,
  join: RouterJoin,
  ctx: AzureContext,
): Promise<InventoryEntry> {
  const router = routerOf(spec);
  const vm = await makeVm(router, ctx);
  const facts = await ctx.world.progress.step(`Bring ${router.vm.name} into the tailnet`, () =>
    joinTailnet(router, spec.request.subnetCidr, join, ctx),
  );
  await pinHostKey(router, vm.tags, facts.hostKey, ctx);
  return entryOf(router, facts.hostKey, ctx);
}

async function joinTailnet(
  router: DatacenterVm,
  subnetCidr: string,
  join: RouterJoin,
  ctx: AzureContext,
): Promise<VmFacts> {
  const { name } = router.vm;
  const membership: TailnetMembership = {
    loginServer: join.loginServer,
    flags: [
      `--hostname=${name}`,
      `--advertise-routes=${subnetCidr}`,
      "--accept-routes",
      "--accept-dns=false",
      "--netfilter-mode=off", // router.nft does that
      "--snat-subnet-routes=false",
    ],
  };
  const before = await settleVm(refOf(router), membership, undefined, ctx);
  if (before.tailnet === "Running" && (await join.findDevice(name)) !== "absent") return before;
  // Only now: a key that is made early may end before it is needed.
  const after = await settleVm(refOf(router), membership, await join.readAuthKey(name), ctx);
  if (after.tailnet === "Running") return after;
  throw new StargateError(
    "RouterNotInTailnet",
    `Cannot bring ${name} into the tailnet: its tailscaled is ${after.tailnet ?? "not running"}`,
    {
      remedy:
        "NeedsMachineAuth: approve it in the tailnet's admin console. Else run the command again with a fresh key.",
    },
  );
}

async function makeVm(vm: DatacenterVm, ctx: AzureContext) {
  const ensureInterfaces = async (): Promise<void> => {
    await settleAll(vm.interfaces.map((one) => ensureResource(one, ctx)));
  };
  await ensureInterfaces();
  return ensureVm(vm.place, vm.vm, ensureInterfaces, ctx);
}

async function pinHostKey(
  { vm, place }: DatacenterVm,
  tags: Tags | undefined,
  hostKey: string,
  { arm }: AzureContext,
): Promise<void> {
  if (tags?.[HOST_KEY_TAG] === hostKey) return;
  await tagVm(arm, place.resourceGroup, vm.name, { ...tags, ...vm.tags, [HOST_KEY_TAG]: hostKey });
}

/** Azure gives an interface its hardware address when its VM first runs. */
async function entryOf(
  { vm, place, ipv4 }: DatacenterVm,
  hostKey: string,
  { arm }: AzureContext,
): Promise<InventoryEntry> {
  const name = interfaceName(vm.name);
  const { macAddress } = await arm.call(`Cannot read network interface ${name}`, () =>
    arm.network.networkInterfaces.get(place.resourceGroup, name),
  );
  return { name: vm.name, ipv4, macAddress: plainMac(macAddress), hostKey };
}

function refOf({ vm, place }: DatacenterVm): VmRef {
  return { resourceGroup: place.resourceGroup, name: vm.name };
}
