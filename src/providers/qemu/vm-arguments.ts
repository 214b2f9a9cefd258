import type { Accelerator } from "./accelerator.ts";
import type { BaseImage, VmState } from "./datacenter-state.ts";
import { EMULATION_PARAMETERS } from "./guest/kernel-parameters.ts";
import { QMP_SOCKET } from "./qmp.ts";

/** Files of a VM, in its own folder; QEMU runs there, so that neither commas nor long paths can hurt. */
export const vmFiles = {
  /** Until it is reimaged: see diskFileOf(). */
  disk: "disk.qcow2",
  seed: "seed.iso",
  console: "console.log",
  /** What QEMU itself says. */
  log: "qemu.log",
  pid: "qemu.pid.json",
} as const;

/** The file in its folder that is this VM's disk. */
export function diskFileOf({ reimage }: Pick<VmState, "reimage">): string {
  return reimage?.disk ?? vmFiles.disk;
}

/** A card of a VM: where it is plugged in (the value of -netdev, which must name its id), and its address. */
export interface Card {
  id: string;
  netdev: string;
  macAddress: string;
  /** True gives the guest whole packets only, whose checksums were worked out: it may change what is inside a tunnel. */
  isOffloadFree?: boolean;
}

/** Checksums and segments that senders would leave to whoever is last. */
const NO_OFFLOADS = ["guest_csum", "guest_tso4", "guest_tso6", "guest_ecn", "guest_ufo"].map(
  (feature) => `${feature}=off`,
);

export interface VmHardware {
  vm: VmState;
  /** For people: shown by ps as the guest's name. */
  title: string;
  base: BaseImage;
  accelerator: Accelerator;
  architecture: "amd64" | "arm64";
  cards: readonly Card[];
  /** Further disks, attached read-only. */
  extraDisks: readonly string[];
}

const machines = {
  amd64: { program: "qemu-system-x86_64", type: "q35", console: "ttyS0" },
  arm64: { program: "qemu-system-aarch64", type: "virt", console: "ttyAMA0" },
} as const;

/** Name of the QEMU program for an architecture. */
export function qemuProgram(architecture: "amd64" | "arm64"): string {
  return machines[architecture].program;
}

/** The command that runs a VM, in the VM's folder. Pure. */
export function renderQemuCommand(hardware: VmHardware): [string, ...string[]] {
  const { vm, title, accelerator, architecture, cards, extraDisks } = hardware;
  const { program, type } = machines[architecture];
  return [
    program,
    ...["-name", `guest=${escapeCommas(title)}`, "-uuid", vm.uuid],
    // Nothing that we did not ask for, and no way for a guest that breaks out of QEMU to start programs.
    ...["-nodefaults", "-no-user-config", "-display", "none"],
    ...["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"],
    ...["-machine", type, ...processor(accelerator)],
    ...["-smp", `cpus=${vm.cpus}`, "-m", `size=${vm.memoryMiB}M`],
    ...["-chardev", `file,id=console,path=${vmFiles.console},append=on`, "-serial", "chardev:console"],
    ...[
      "-chardev",
      `socket,id=qmp,path=${QMP_SOCKET},server=on,wait=off`,
      "-mon",
      "chardev=qmp,mode=control",
    ],
    ...["-device", "virtio-rng-pci"],
    ...drive("disk", `file=${diskFileOf(vm)},format=qcow2,discard=unmap,detect-zeroes=unmap`, "bootindex=1"),
    ...drive("seed", `file=${vmFiles.seed},format=raw,readonly=on`),
    ...extraDisks.flatMap((path, index) =>
      drive(`extra${index}`, `file=${escapeCommas(path)},format=raw,readonly=on`),
    ),
    ...cards.flatMap(({ id, netdev, macAddress, isOffloadFree = false }) => {
      // No boot ROM: nothing boots from the network.
      const device = ["virtio-net-pci", `netdev=${id}`, `mac=${macAddress}`, "romfile="];
      return ["-netdev", netdev, "-device", [...device, ...(isOffloadFree ? NO_OFFLOADS : [])].join(",")];
    }),
    ...directBoot(hardware),
  ];
}

function processor(accelerator: Accelerator): string[] {
  return accelerator === "kvm"
    ? ["-accel", "kvm", "-cpu", "host"]
    : ["-accel", "tcg,thread=multi", "-cpu", "max"];
}

function drive(id: string, source: string, ...device: string[]): string[] {
  return [
    "-drive",
    `if=none,id=${id},${source}`,
    "-device",
    ["virtio-blk-pci", `drive=${id}`, ...device].join(","),
  ];
}

function directBoot({ base: { kernel }, architecture, accelerator }: VmHardware): string[] {
  if (kernel === undefined) return [];
  const { console } = machines[architecture];
  const more = accelerator === "tcg" ? EMULATION_PARAMETERS : [];
  const line = [`root=LABEL=${kernel.rootLabel}`, ...kernel.parameters, ...more, `console=${console}`];
  return ["-kernel", kernel.vmlinuz, "-initrd", kernel.initrd, "-append", line.join(" ")];
}

/** A comma in a value of QEMU's options is written twice. */
function escapeCommas(text: string): string {
  return text.replaceAll(",", ",,");
}
