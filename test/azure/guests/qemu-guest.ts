import { copyFile, mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../../src/lib/clock.ts";
import { isErrno, readFileIfExists } from "../../../src/lib/files.ts";
import { retry } from "../../../src/lib/retry.ts";
import type { World } from "../../../src/lib/world.ts";
import type { Accelerator } from "../../../src/providers/qemu/accelerator.ts";
import type { BaseImage } from "../../../src/providers/qemu/datacenter-state.ts";
import type { GuestImage } from "../../../src/providers/qemu/guest/guest-image.ts";
import { makeIso, makeSeed } from "../../../src/providers/qemu/guest/seed.ts";
import { makeDisk } from "../../../src/providers/qemu/make-disk.ts";
import { renderQemuCommand, vmFiles } from "../../../src/providers/qemu/vm-arguments.ts";
import { startVm, stopVm } from "../../../src/providers/qemu/vm.ts";
import { hostArchitecture } from "../../../src/toolchain/host-architecture.ts";
import type { Arm } from "../fake-arm/core/arm.ts";
import type { ScriptResult, VmBackend, VmView } from "../fake-arm/compute/vm-backend.ts";
import { GuestAgent } from "./guest-agent.ts";
import { guestSeed, PLATFORM_LABEL } from "./guest-seed.ts";
import type { Vnets } from "./vnets.ts";

const AGENT_SOCKET = "agent.sock";
const DISK_GIB = 30;
const GIVE_WAY = new URL("give-way.sh", import.meta.url).pathname;
/**
 * A control plane that has nothing to do wakes up thousands of times a second, and each time is dear to an emulated
 * processor: timers that come with the kernel's tick (250 a second) instead of one by one, no account of who waits for
 * what, nobody interrupted in the kernel.
 */
const FEWER_WAKE_UPS = ["highres=off", "psi=0", "preempt=none"];
/** Azure gives a VM this long to say that it is provisioned. */
const PROVISIONING_TIMEOUT_MS = 20 * 60_000;

/** What all guests of a fake share. */
export interface GuestHost {
  /** Folder of their disks; short, as sockets are in it. */
  dir: string;
  image: GuestImage;
  accelerator: Accelerator;
  vnets: Vnets;
  /** Of this host's loopback, that stand in for the internet. */
  ports: readonly number[];
  memoryMiB: (vm: VmView) => number;
  /** How much a guest gives way to others: an emulated control plane that waits for processors is restarted. */
  niceness: (vm: VmView) => number;
  world: World;
  arm: () => Arm;
}

/** Makes the disk that every guest gets its agent from. */
export async function makePlatformDisk({ dir, world }: Pick<GuestHost, "dir" | "world">): Promise<void> {
  const from = new URL("platform/", import.meta.url).pathname;
  const content = join(dir, "platform");
  await mkdir(content, { recursive: true });
  for (const name of await readdir(from)) await copyFile(join(from, name), join(content, name));
  await makeIso(join(dir, "platform.iso"), PLATFORM_LABEL, content, world.signal);
}

/** A real guest behind a VM of the fake: QEMU, cloud-init with the very customData, an agent on a virtio port. */
export class QemuGuest implements VmBackend {
  readonly #vm: VmView;
  readonly #host: GuestHost;
  readonly #dir: string;
  #customData: Buffer | undefined;
  #agent: GuestAgent | undefined;
  #isReady = false;
  #isRemoved = false;

  constructor(vm: VmView, host: GuestHost) {
    this.#vm = vm;
    this.#host = host;
    this.#customData = vm.customData;
    this.#dir = join(host.dir, vm.vmId.slice(0, 8));
  }

  async start(): Promise<void> {
    const { world, vnets, ports } = this.#host;
    const { hostAddress } = await vnets.ensure(this.#host.arm(), this.#vm.nics);
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    const base = await baseImage(this.#host.image);
    if (!(await exists(join(this.#dir, vmFiles.disk)))) {
      const seed = guestSeed(this.#vm, this.#customData, { hostAddress, ports });
      await makeSeed(join(this.#dir, vmFiles.seed), seed, world.signal);
      await makeDisk(this.#dir, base, DISK_GIB, world.signal);
    }
    if (this.#isRemoved) return;
    await startVm(this.#dir, this.#command(base), world);
    this.#agent = await retry(() => GuestAgent.connect(join(this.#dir, AGENT_SOCKET)), {
      timeoutMs: 10_000,
      signal: world.signal,
      clock: systemClock,
      isRetriable: () => true,
    });
    await this.#agent.run("#!/bin/sh\ntrue\n", AbortSignal.timeout(PROVISIONING_TIMEOUT_MS));
    this.#isReady = true;
  }

  async stop({ graceful }: { graceful: boolean }): Promise<void> {
    this.#isReady = false;
    this.#agent?.close();
    await stopVm(this.#dir, graceful ? "powerdown" : "discard");
  }

  async restart(): Promise<void> {
    await this.stop({ graceful: true });
    await this.start();
  }

  async reimage(customData: Buffer | undefined): Promise<void> {
    await this.stop({ graceful: false });
    this.#customData = customData;
    await rm(join(this.#dir, vmFiles.disk), { force: true });
    await this.start();
  }

  async remove(): Promise<void> {
    this.#isRemoved = true;
    await this.stop({ graceful: false });
    await rm(this.#dir, { recursive: true, force: true });
  }

  agentIsReady(): Promise<boolean> {
    return Promise.resolve(this.#isReady);
  }

  async readSerialLog(): Promise<string> {
    return (await readFileIfExists(join(this.#dir, vmFiles.console))) ?? "";
  }

  async runScript(script: string, parameters: Record<string, string>): Promise<ScriptResult> {
    if (Object.keys(parameters).length > 0) throw new Error("guests of the fake take no parameters");
    if (this.#agent === undefined) throw new Error("the guest does not run");
    return this.#agent.run(script);
  }

  #command(base: BaseImage): [string, ...string[]] {
    const { accelerator, memoryMiB, dir, vnets } = this.#host;
    const { vmId, name, nics } = this.#vm;
    const [first] = nics;
    if (first === undefined) throw new Error("a VM has an interface");
    const command = renderQemuCommand({
      vm: {
        ...{ name, uuid: vmId, cpus: 2, memoryMiB: memoryMiB(this.#vm), diskGiB: DISK_GIB, base },
        ...{ ipv4: first.privateIpAddress, macAddress: first.macAddress },
        hostKey: { privateKey: "", publicKey: "" },
      },
      title: `fake-azure/${name}`,
      base,
      accelerator,
      architecture: hostArchitecture(process.arch),
      cards: nics.map((nic, index) => ({
        id: `nic${index}`,
        netdev: `tap,id=nic${index},ifname=${vnets.plug(nic).tap},script=no,downscript=no`,
        macAddress: nic.macAddress,
      })),
      extraDisks: [join(dir, "platform.iso")],
    });
    return [
      "bash",
      ...[GIVE_WAY, String(this.#host.niceness(this.#vm))],
      "nsenter",
      `--net=/run/netns/${vnets.plug(first).namespace}`,
      ...command,
      ...["-device", "virtio-serial-pci"],
      ...["-chardev", `socket,id=agent,path=${AGENT_SOCKET},server=on,wait=off`],
      ...["-device", "virtserialport,chardev=agent,name=org.stargate.fake-azure-agent"],
    ];
  }
}

async function baseImage(image: GuestImage): Promise<BaseImage> {
  const { size, mtimeMs } = await stat(image.rootDisk);
  const { kernel, ...disk } = image;
  return {
    ...disk,
    bytes: size,
    modifiedMs: mtimeMs,
    ...(kernel === undefined
      ? {}
      : { kernel: { ...kernel, parameters: [...kernel.parameters, ...FEWER_WAKE_UPS] } }),
  };
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return false;
    throw error;
  }
}
