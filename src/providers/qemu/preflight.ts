import type { World } from "../../lib/world.ts";
import { assumeAccelerator } from "./accelerator.ts";
import { parseSubnet, overlaps } from "../../lib/cidr.ts";
import { StargateError, UsageError } from "../../lib/errors.ts";
import { hostArchitecture } from "../../toolchain/host-architecture.ts";
import type { DatacenterRequest } from "../provider.ts";
import { routerNamesOf } from "../routers.ts";
import { assignAddresses, subnetOf } from "../assign-addresses.ts";
import { datacenterDir, readDatacenter, type Datacenter, type NetworkState } from "./datacenter-state.ts";
import type { VmFacts } from "./decide.ts";
import { findDifferences } from "./find-differences.ts";
import { availableMemoryMiB, findMissingPrograms, freeDiskMiB, readHostRoutes } from "./host-facts.ts";
import { chooseMode, requireCapabilities } from "./network/choose-network.ts";
import { observeVms } from "./observe.ts";
import { ROUTER_SIZE, type QemuOptions } from "./qemu-options.ts";
import { qemuProgram } from "./vm-arguments.ts";

/** Debian's package of each program. */
const packages: Readonly<Record<string, string>> = {
  "qemu-system-x86_64": "qemu-system-x86",
  "qemu-system-aarch64": "qemu-system-arm",
  "qemu-img": "qemu-utils",
  xorriso: "xorriso",
  "ssh-keygen": "openssh-client",
  ip: "iproute2",
  nft: "nftables",
  nsenter: "util-linux",
};

/** What a new VM's disk grows to in its first minutes, and what an image takes in the cache. */
const DISK_PER_VM_MIB = 1_536;
const CACHE_MIB = 2_048;

/** What QEMU takes beside the guest's memory when it emulates: mostly the code it has translated. */
const EMULATION_MIB = 512;

/**
 * Checks what can be checked without making anything.
 * @throws StargateError ProgramMissing, RootNeeded, DiskFull, MemoryShort; UsageError for a request that does not fit
 */
export async function preflight(
  request: DatacenterRequest,
  options: QemuOptions,
  world: World,
): Promise<void> {
  const dir = datacenterDir(world.paths.datacentersDir, request.routerName);
  if (parseSubnet(request.subnetCidr) === undefined) return; // told by whoever checks the request itself
  const existing = await readDatacenter(dir);
  const mode = await chooseMode(options.network, existing);
  const architecture = hostArchitecture(process.arch);
  if (options.image !== undefined && architecture === "arm64") {
    throw new UsageError("--qemu-image-url needs firmware that is not set up for arm64", "Leave it out.");
  }
  if (options.image !== undefined && routerNamesOf(request).length > 1) {
    throw new UsageError(
      "--routers cannot be combined with --qemu-image-url: that image may lack keepalived",
      "Leave one of them out.",
    );
  }
  await requirePrograms(mode, qemuProgram(architecture), world);
  await requireCapabilities(mode);
  if (existing !== undefined) requireSame(existing, request, mode);
  assignAddresses(existing?.workers ?? [], request.vmNames, subnetOf(request.subnetCidr));
  await requireFreeSubnet(request.subnetCidr, world.signal);
  const facts = existing === undefined ? new Map<string, VmFacts>() : await observeVms(dir, existing);
  await requireSpace(request, options, facts, world);
}

async function requirePrograms(mode: NetworkState["mode"], qemu: string, { env }: World): Promise<void> {
  const needed = [
    qemu,
    "qemu-img",
    "xorriso",
    "ssh-keygen",
    ...(mode === "bridge" ? ["ip", "nft", "nsenter"] : []),
  ];
  const missing = await findMissingPrograms(needed, env);
  if (missing.length === 0) return;
  throw new StargateError("ProgramMissing", `Cannot make VMs: ${missing.join(", ")} not installed`, {
    remedy: `Install: apt-get install ${missing.map((name) => packages[name] ?? name).join(" ")}.`,
  });
}

function requireSame(existing: Datacenter, request: DatacenterRequest, mode: NetworkState["mode"]): void {
  const differences = findDifferences(existing, request, mode);
  if (differences.length === 0) return;
  throw new UsageError(
    `Datacenter ${request.routerName} is there already, with ${differences.join(", ")}`,
    "Ask for the same again, or take it down first: prep-dc-inventory destroy.",
  );
}

async function requireFreeSubnet(subnetCidr: string, signal: AbortSignal): Promise<void> {
  const subnet = subnetOf(subnetCidr);
  const taken = (await readHostRoutes(signal)).find(({ cidr }) => {
    const route = parseSubnet(cidr);
    return route !== undefined && overlaps(route, subnet);
  });
  if (taken === undefined) return;
  throw new UsageError(
    `${subnetCidr} overlaps ${taken.cidr}, to which this host has a route (${taken.device})`,
    "Choose another subnet: --qemu-subnet-cidr.",
  );
}

async function requireSpace(
  request: DatacenterRequest,
  { size }: QemuOptions,
  facts: ReadonlyMap<string, VmFacts>,
  world: World,
): Promise<void> {
  const routers = routerNamesOf(request);
  const names = [...routers, ...request.vmNames];
  const besideMiB = (await assumeAccelerator(world)) === "kvm" ? 0 : EMULATION_MIB;
  const memoryMiB = names
    .filter((name) => facts.get(name)?.isRunning !== true)
    .map((name) => (routers.includes(name) ? ROUTER_SIZE : size).memoryMiB + besideMiB)
    .reduce((sum, one) => sum + one, 0);
  const availableMiB = await availableMemoryMiB();
  if (memoryMiB > availableMiB) {
    throw new StargateError(
      "MemoryShort",
      `Cannot start the VMs: they take ${memoryMiB} MiB of memory and ${availableMiB} MiB are available`,
      { remedy: "Free some memory, or give less: --qemu-memory, fewer --vm." },
    );
  }
  const made = names.filter(
    (name) => facts.get(name)?.hasDisk !== true && facts.get(name)?.isRunning !== true,
  ).length;
  if (made === 0) return;
  await requireDisk(world.paths.stateDir, made * DISK_PER_VM_MIB);
  await requireDisk(world.paths.cacheDir, CACHE_MIB);
}

async function requireDisk(folder: string, neededMiB: number): Promise<void> {
  const freeMiB = await freeDiskMiB(folder);
  if (freeMiB >= neededMiB) return;
  throw new StargateError(
    "DiskFull",
    `Cannot make the VMs: ${folder} has ${freeMiB} MiB free, and they need ${neededMiB} MiB to begin with`,
    { remedy: "Free some space, or set STARGATE_STATE_DIR and STARGATE_CACHE_DIR to a larger disk." },
  );
}
