import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { isErrno, makePrivateDir, readJsonIfExists, writeFileAtomic } from "../../lib/files.ts";
import { gatewayAddress, subnetOf } from "../assign-addresses.ts";
import type { Inventory, InventoryEntry } from "../provider.ts";

const HostKey = z.object({ privateKey: z.string(), publicKey: z.string() });

/** The image a disk was made on: an overlay is worth nothing without the very file it was made for. */
const BaseImage = z.object({
  rootDisk: z.string(),
  format: z.enum(["raw", "qcow2"]),
  bytes: z.number(),
  modifiedMs: z.number(),
  kernel: z
    .object({
      vmlinuz: z.string(),
      initrd: z.string(),
      rootLabel: z.string(),
      parameters: z.array(z.string()),
    })
    .optional(),
});
export type BaseImage = z.infer<typeof BaseImage>;

const Vm = z.object({
  name: z.string(),
  ipv4: z.string(),
  macAddress: z.string(),
  uuid: z.string(),
  cpus: z.int(),
  memoryMiB: z.int(),
  diskGiB: z.int(),
  hostKey: HostKey,
  /** Undefined until its disk is about to be made. */
  base: BaseImage.optional(),
  /** The wish its disk was last made anew for, and the file that this disk is (reimage-worker.ts). */
  reimage: z.object({ id: z.string(), disk: z.string() }).optional(),
});
export type VmState = z.infer<typeof Vm>;

/** How a router was told to join its tailnet, and whether its seed holds a key to do so. */
const RouterJoinState = z.object({
  loginServer: z.string().optional(),
  tags: z.array(z.string()),
  loopbackPorts: z.array(z.int()),
  isolated: z.boolean(),
  keyInSeed: z.boolean(),
});
export type RouterJoinState = z.infer<typeof RouterJoinState>;

const RouterVm = Vm.extend({ uplinkMacAddress: z.string(), join: RouterJoinState.optional() });
export type RouterVmState = z.infer<typeof RouterVm>;

const RootlessNetwork = z.object({
  mode: z.literal("rootless"),
  /** Multicast group and UDP port on loopback that are this datacenter's LAN. */
  group: z.string(),
  port: z.int(),
  uplinkCidr: z.string(),
});
export type RootlessNetwork = z.infer<typeof RootlessNetwork>;

const BridgeNetwork = z.object({
  mode: z.literal("bridge"),
  /** Name of the network namespace, of the host's end of the way into it, and of the host's nftables table. */
  name: z.string(),
  uplinkCidr: z.string(),
});
export type BridgeNetwork = z.infer<typeof BridgeNetwork>;

export const NetworkState = z.discriminatedUnion("mode", [RootlessNetwork, BridgeNetwork]);
export type NetworkState = z.infer<typeof NetworkState>;

/**
 * datacenter.json: everything that was decided about a datacenter, written before anything is made, so that a run
 * that is cut off is continued by the next and removed by destroy. Holds private host keys.
 */
export const Datacenter = z.object({
  version: z.literal(1),
  subnetCidr: z.string(),
  adminUsername: z.string(),
  sshPublicKey: z.string(),
  network: NetworkState,
  router: RouterVm,
  /** Routers that take over from the first. The gateway's address is then nobody's own. */
  standbyRouters: z.array(RouterVm).default([]),
  workers: z.array(Vm),
});
export type Datacenter = z.infer<typeof Datacenter>;

/** Every router, the one that names the datacenter first. */
export function routerVms({ router, standbyRouters }: Datacenter): RouterVmState[] {
  return [router, ...standbyRouters];
}

/** Every VM. */
export function vmsOf(datacenter: Datacenter): VmState[] {
  return [...routerVms(datacenter), ...datacenter.workers];
}

/** The datacenter with its routers changed, one by one. */
export function withRouters(
  datacenter: Datacenter,
  change: (router: RouterVmState) => RouterVmState,
): Datacenter {
  const { router, standbyRouters } = datacenter;
  return { ...datacenter, router: change(router), standbyRouters: standbyRouters.map(change) };
}

/** Where a datacenter's files are. */
export function datacenterDir(datacentersDir: string, routerName: string): string {
  return join(datacentersDir, routerName);
}

/** @throws StargateError CorruptFile */
export async function readDatacenter(dir: string): Promise<Datacenter | undefined> {
  return readJsonIfExists(statePath(dir), Datacenter);
}

export async function writeDatacenter(dir: string, datacenter: Datacenter): Promise<void> {
  await makePrivateDir(dir);
  await writeFileAtomic(statePath(dir), `${JSON.stringify(datacenter, undefined, 2)}\n`, 0o600);
}

/** Every datacenter kept here. */
export async function readDatacenters(datacentersDir: string): Promise<Datacenter[]> {
  const read = async (): Promise<string[]> => {
    try {
      return await readdir(datacentersDir);
    } catch (error) {
      if (isErrno(error, "ENOENT")) return [];
      throw error;
    }
  };
  const names = await read();
  const found = await Promise.all(
    names
      .filter((name) => !name.startsWith("."))
      .sort()
      .map((name) => readDatacenter(join(datacentersDir, name))),
  );
  return found.filter((datacenter) => datacenter !== undefined);
}

/** The datacenter as others see it; only the workers of these names, where names are given. */
export function inventoryOf(datacenter: Datacenter, vmNames?: readonly string[]): Inventory {
  const { standbyRouters } = datacenter;
  return {
    providerId: "qemu",
    subnetCidr: datacenter.subnetCidr,
    router: entryOf(datacenter.router),
    ...(standbyRouters.length === 0
      ? {}
      : {
          standbyRouters: standbyRouters.map(entryOf),
          gateway: gatewayAddress(subnetOf(datacenter.subnetCidr)),
        }),
    workers: datacenter.workers
      .filter(({ name }) => vmNames === undefined || vmNames.includes(name))
      .map(entryOf),
  };
}

function entryOf({ name, ipv4, macAddress, hostKey }: VmState): InventoryEntry {
  return { name, ipv4, macAddress, hostKey: hostKey.publicKey };
}

function statePath(dir: string): string {
  return join(dir, "datacenter.json");
}
