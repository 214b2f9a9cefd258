import { z } from "zod";
import { UsageError } from "../../lib/errors.ts";
import type { ImageSource } from "./guest/guest-image.ts";
import { accelerators, networks } from "./qemu-flags.ts";

/** What the flags of `prep-dc-inventory --provider qemu` ask for. */
export interface QemuOptions {
  size: VmSize;
  network: (typeof networks)[number];
  accelerator: (typeof accelerators)[number];
  /** Undefined: the image built from Debian packages. */
  image: ImageSource | undefined;
}

/** Size of a worker. */
export interface VmSize {
  cpus: number;
  memoryMiB: number;
  diskGiB: number;
}

/** The router forwards packets and runs tailscaled: this is enough, however large the workers are. */
export const ROUTER_SIZE: VmSize = { cpus: 1, memoryMiB: 512, diskGiB: 4 };

/** Least that Debian, containerd and a kubelet run in. */
const MIN_MEMORY_MIB = 1024;
const MIN_DISK_GIB = 4;

const Flags = z.object({
  qemuSubnetCidr: z.string().optional(),
  qemuCpus: z.string().default("2"),
  qemuMemory: z.string().default("2048"),
  qemuDisk: z.string().default("20"),
  qemuNetwork: z.enum(networks).default("auto"),
  qemuAccel: z.enum(accelerators).default("auto"),
  qemuImageUrl: z.string().optional(),
  qemuImageSha256: z.string().optional(),
});

/** The subnet that the flags name. */
export function qemuSubnetFrom(flags: Readonly<Record<string, unknown>>): string | undefined {
  return Flags.parse(flags).qemuSubnetCidr;
}

/** @throws UsageError */
export function parseQemuOptions(raw: Readonly<Record<string, unknown>>): QemuOptions {
  const flags = Flags.parse(raw);
  return {
    size: {
      cpus: parseCount(flags.qemuCpus, "--qemu-cpus", { min: 1, max: 255 }),
      memoryMiB: parseCount(flags.qemuMemory, "--qemu-memory", { min: MIN_MEMORY_MIB, max: 4 * 1024 * 1024 }),
      diskGiB: parseCount(flags.qemuDisk, "--qemu-disk", { min: MIN_DISK_GIB, max: 64 * 1024 }),
    },
    network: flags.qemuNetwork,
    accelerator: flags.qemuAccel,
    image: parseImage(flags.qemuImageUrl, flags.qemuImageSha256),
  };
}

function parseCount(text: string, flag: string, { min, max }: { min: number; max: number }): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (count >= min && count <= max) return count;
  throw new UsageError(`${flag} "${text}" is no whole number from ${min} to ${max}`);
}

function parseImage(url: string | undefined, sha256: string | undefined): ImageSource | undefined {
  if (url === undefined && sha256 === undefined) return undefined;
  if (url === undefined) throw new UsageError("--qemu-image-sha256 was given, but no --qemu-image-url");
  if (sha256 === undefined) {
    throw new UsageError(
      "--qemu-image-url was given without --qemu-image-sha256",
      "Give the SHA-256 that the image's makers publish: an image that nobody vouches for is not booted.",
    );
  }
  const { protocol } = URL.parse(url) ?? {};
  if (protocol !== "https:" && protocol !== "http:")
    throw new UsageError(`--qemu-image-url "${url}" is no http(s) URL`);
  const sum = sha256.toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(sum)) {
    throw new UsageError(`--qemu-image-sha256 "${sha256}" is no SHA-256: it has 64 hexadecimal digits`);
  }
  return { url, sha256: sum };
}
