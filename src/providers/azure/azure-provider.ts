import { StargateError, UsageError } from "../../lib/errors.ts";
import type { World } from "../../lib/world.ts";
import { readMirrorTailscale } from "../../toolchain/mirror/read-mirror.ts";
import type { DatacenterRequest, Inventory, Provider, RouterJoin } from "../provider.ts";
import type { Arm } from "./arm/arm.ts";
import { armEndpoint, connectArm } from "./arm/connect-arm.ts";
import type { AzureContext } from "./arm/ensure-resource.ts";
import { createKeyedLock } from "./arm/keyed-lock.ts";
import type { ResourceScope } from "./arm/resource-id.ts";
import { DEFAULT_SUBNET_CIDR } from "./azure-defaults.ts";
import { parseAzureOptions, parseScope, type AzureOptions } from "./azure-options.ts";
import {
  readRecord,
  readRecords,
  removeRecord,
  withDatacenter,
  writeRecord,
} from "./datacenter/datacenter-record.ts";
import { routerAddressIn, type DatacenterSpec } from "./datacenter/datacenter-spec.ts";
import { ensureDatacenter } from "./datacenter/ensure-datacenter.ts";
import { planDatacenter } from "./datacenter/plan-datacenter.ts";
import { checkDatacenter } from "./datacenter/preflight.ts";
import { destroyOwned } from "./owned/destroy-owned.ts";
import { createAzureReimaging } from "./reimage/reimage-worker.ts";
import { DATACENTER_TAG } from "./tags.ts";

/** How Azure is reached; tests reach another one. */
export type ConnectArm = (subscriptionId: string, world: World) => Promise<Arm>;

/** Datacenters of Azure VMs. */
export function createAzureProvider(
  connect: ConnectArm = (subscriptionId, world) => connectArm({ subscriptionId }, world),
): Provider<AzureOptions> {
  const contextFor = async (
    { subscriptionId }: { subscriptionId: string },
    world: World,
  ): Promise<AzureContext> => ({
    arm: await connect(subscriptionId, world),
    world,
    locks: createKeyedLock(),
  });
  return {
    id: "azure",
    defaultSubnetCidr: DEFAULT_SUBNET_CIDR,
    maxRouters: 1, // a route table's next hop does not fail over by itself: decision 85
    subnetFromFlags: ({ subnetCidr }) => (typeof subnetCidr === "string" ? subnetCidr : undefined),
    parseOptions: (flags, world) => parseAzureOptions(flags, world.env),
    preflight: async (request, options, world) =>
      checkDatacenter(await specOf(request, options, world), await contextFor(options, world)),
    plan: async (request, options, world) =>
      (await planDatacenter({ request, options }, await contextFor(options, world))).lines,
    ensureDatacenter: (request, options, join, world) =>
      withDatacenter(request.routerName, world, async () => {
        refuseLoopback(join, world);
        await rememberPlace(request, options, world);
        const inventory = await ensureDatacenter(
          await specOf(request, options, world),
          join,
          await contextFor(options, world),
        ).catch((error: unknown) => {
          throw tellHowToGoOn(error, request.routerName);
        });
        await writeRecord(
          { version: 1, ...scopeOf(options), inventory: { ...inventory, providerId: "azure" } },
          world,
        );
        return inventory;
      }),
    readInventory: async (routerName, world) => (await readRecord(routerName, world))?.inventory,
    destroyDatacenter: async (routerName, world, flags) => {
      const scope = await findScope(routerName, world, flags ?? {});
      if (scope === undefined) return;
      await withDatacenter(routerName, world, async () => {
        await destroyOwned(scope, { tag: DATACENTER_TAG, value: routerName }, await contextFor(scope, world));
        await removeRecord(routerName, world);
      });
    },
    reimaging: createAzureReimaging(contextFor),
    listDatacenters: async (world) => (await readRecords(world)).map(({ inventory }) => inventory),
  };
}

export const azureProvider = createAzureProvider();

/** With what the mirror says, where one is named: read before anything is made. */
async function specOf(
  request: DatacenterRequest,
  options: AzureOptions,
  { signal }: World,
): Promise<DatacenterSpec> {
  const { artifactMirror } = options;
  if (artifactMirror === undefined) return { request, options };
  return { request, options, mirror: await readMirrorTailscale(artifactMirror, "amd64", signal) };
}

function scopeOf({ subscriptionId, resourceGroup }: AzureOptions): ResourceScope {
  return { subscriptionId, resourceGroup };
}

/** Written before anything is made, so that destroy finds what a run that is cut off leaves. */
async function rememberPlace(request: DatacenterRequest, options: AzureOptions, world: World): Promise<void> {
  const known = await readRecord(request.routerName, world);
  if (known?.resourceGroup === options.resourceGroup && known.subscriptionId === options.subscriptionId)
    return;
  if (known !== undefined) {
    throw new UsageError(
      `Datacenter ${request.routerName} is in resource group ${known.resourceGroup} already`,
      "Name that one, or destroy the datacenter first, or choose another --router-name.",
    );
  }
  const unknown = { macAddress: "", hostKey: "" };
  const inventory = {
    providerId: "azure" as const,
    subnetCidr: request.subnetCidr,
    router: { name: request.routerName, ipv4: routerAddressIn(request.subnetCidr), ...unknown },
    workers: [],
  } satisfies Inventory;
  await writeRecord({ version: 1, ...scopeOf(options), inventory }, world);
}

/** From the flags where they say, else from what this host remembers; undefined: there never was one. */
async function findScope(
  routerName: string,
  world: World,
  { subscriptionId, resourceGroup }: Readonly<Record<string, unknown>>,
): Promise<ResourceScope | undefined> {
  const record = await readRecord(routerName, world);
  if (typeof resourceGroup !== "string" && record === undefined) {
    throw new UsageError(
      `This host knows no datacenter ${routerName} in Azure`,
      "Say where it is with --subscription-id and --resource-group.",
    );
  }
  return parseScope(
    {
      subscriptionId: typeof subscriptionId === "string" ? subscriptionId : record?.subscriptionId,
      resourceGroup: typeof resourceGroup === "string" ? resourceGroup : record?.resourceGroup,
    },
    world.env,
  );
}

/** The lab's tailnet is on this host's loopback. An Azure that is there too may have VMs that reach it. */
function refuseLoopback({ loopbackPorts }: RouterJoin, world: World): void {
  const isHere = /^https:\/\/(127\.|localhost|\[::1\])/.test(armEndpoint(world));
  if (loopbackPorts.length === 0 || isHere) return;
  throw new UsageError(
    "The lab's tailnet is on this host's loopback, where Azure's VMs cannot reach it",
    "Name a tailnet of yours: TAILSCALE_CLIENT_ID and TAILSCALE_CLIENT_SECRET, or TAILSCALE_AUTH_KEY.",
  );
}

function tellHowToGoOn(error: unknown, routerName: string): unknown {
  if (!(error instanceof StargateError) || error instanceof UsageError) return error;
  const remedy = error.remedy === undefined ? "" : `${error.remedy} `;
  return new StargateError(error.reason, error.message, {
    retriable: error.retriable,
    cause: error.cause,
    remedy:
      `${remedy}What was made is kept, and the same command goes on from there; ` +
      `to remove it: prep-dc-inventory destroy --provider azure --router-name ${routerName}.`,
  });
}
