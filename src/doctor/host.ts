import { constants } from "node:fs";
import { access, statfs } from "node:fs/promises";
import { availableParallelism, freemem, release } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { readFileIfExists } from "../lib/files.ts";
import type { Env } from "../lib/paths.ts";
import type { World } from "../lib/world.ts";
import { findGo } from "../toolchain/go.ts";
import { attempt, ok, red, skipped, warning, type Attempt, type Finding } from "./finding.ts";

/** Programs that datacenters in QEMU on this host are made with, by the command that is looked for. */
const qemuPrograms = ["qemu-img", "mmdebstrap", "xorriso", "mkfs.ext4", "ssh-keygen", "zstd"] as const;
const oldestNode = [24, 12] as const;
const MiB = 1024 * 1024;

export interface HostFacts {
  platform: string;
  arch: string;
  kernel: string;
  nodeVersion: string;
  cpus: number;
  availableMemoryMiB: number;
  /** Free space where each kind of thing is kept. */
  freeDiskMiB: Readonly<Record<string, number>>;
  /** Programs that are on PATH. */
  installed: ReadonlySet<string>;
  go: Attempt<string>;
  hasKvm: boolean;
  /** True where VMs are, or will be, on this host: what they need is then no mere matter of taste. */
  runsVms: boolean;
}

export async function readHost(runsVms: boolean, { env, paths, signal }: World): Promise<HostFacts> {
  const wanted = [...qemuPrograms, qemuSystem(process.arch)];
  const installed = await Promise.all(
    wanted.map(async (name) => ((await isOnPath(name, env)) ? [name] : [])),
  );
  return {
    platform: process.platform,
    arch: process.arch,
    kernel: release(),
    nodeVersion: process.versions.node,
    cpus: availableParallelism(),
    availableMemoryMiB: await availableMemory(),
    freeDiskMiB: { state: await freeDisk(paths.stateDir), cache: await freeDisk(paths.cacheDir) },
    installed: new Set(installed.flat()),
    go: await attempt(async () => (await findGo(env, signal)).version, signal),
    hasKvm: await isAccessible("/dev/kvm", constants.R_OK | constants.W_OK),
    runsVms,
  };
}

/** Pure. */
export function judgeHost(facts: HostFacts): Finding[] {
  const { platform, arch, kernel, nodeVersion, cpus, runsVms } = facts;
  const grave = runsVms ? red : warning;
  return [
    platform === "linux" && (arch === "x64" || arch === "arm64")
      ? ok("system", `Linux ${kernel}, ${arch}, ${cpus} CPUs`)
      : red("system", `${platform} ${arch}`, "Run Stargate on Linux, on an x64 or arm64 processor."),
    isOldNode(nodeVersion)
      ? red(
          "Node.js",
          nodeVersion,
          `Use Node.js ${oldestNode.join(".")} or newer: bin/stargate and make use the one that npm ci brings.`,
        )
      : ok("Node.js", nodeVersion),
    judgeMemory(facts),
    ...Object.entries(facts.freeDiskMiB).map(([what, free]) => judgeDisk(what, free, grave)),
    judgePrograms(facts, grave),
    "value" in facts.go
      ? ok("Go", facts.go.value)
      : warning(
          "Go",
          "no Go that can build the toolchain",
          "Install Go, unless everything is downloaded: scripts/install-host-packages.sh.",
        ),
    ...(runsVms ? [judgeKvm(facts.hasKvm)] : []),
  ];
}

function judgeMemory({ availableMemoryMiB, runsVms }: HostFacts): Finding {
  const found = `${(availableMemoryMiB / 1024).toFixed(1)} GiB available`;
  if (availableMemoryMiB >= (runsVms ? 2_048 : 512)) return ok("memory", found);
  return warning("memory", found, "Stop other programs, or fewer and smaller VMs: --qemu-memory.");
}

function judgeDisk(what: string, freeMiB: number, grave: typeof red): Finding {
  const check = `disk for ${what}`;
  const found = `${(freeMiB / 1024).toFixed(1)} GiB free`;
  const folder = `STARGATE_${what.toUpperCase()}_DIR`;
  if (freeMiB < 2_048) return grave(check, found, `Free some space, or name another folder by ${folder}.`);
  if (freeMiB < 8_192)
    return warning(check, found, `A guest's disk may grow to its full size. Another folder: ${folder}.`);
  return ok(check, found);
}

function judgePrograms({ installed, arch }: HostFacts, grave: typeof red): Finding {
  const missing = [...qemuPrograms, qemuSystem(arch)].filter((name) => !installed.has(name));
  if (missing.length === 0) return ok("programs", "everything that QEMU datacenters need is installed");
  return grave("programs", `not installed: ${missing.join(", ")}`, "Run scripts/install-host-packages.sh.");
}

function judgeKvm(hasKvm: boolean): Finding {
  // Whether it works shows only by booting a guest, which prep-dc-inventory does.
  return hasKvm
    ? ok("KVM", "/dev/kvm may be used")
    : skipped("KVM", "none here: guests are emulated, which is slow and works");
}

function isOldNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1]);
}

function qemuSystem(arch: string): string {
  return arch === "arm64" ? "qemu-system-aarch64" : "qemu-system-x86_64";
}

async function isOnPath(name: string, env: Env): Promise<boolean> {
  const folders = [...(env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  const found = await Promise.all(folders.map((folder) => isAccessible(join(folder, name), constants.X_OK)));
  return found.includes(true);
}

async function isAccessible(path: string, mode: number): Promise<boolean> {
  try {
    await access(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** What the kernel says can be had without swapping; more than what lies idle. */
async function availableMemory(): Promise<number> {
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec((await readFileIfExists("/proc/meminfo")) ?? "")?.[1];
  return kib === undefined ? freemem() / MiB : Number(kib) / 1024;
}

/** Of the file system that the folder is on, or will be. */
async function freeDisk(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return (bavail * bsize) / MiB;
  } catch {
    return folder === dirname(folder) ? 0 : freeDisk(dirname(folder));
  }
}
