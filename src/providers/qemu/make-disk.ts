import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { exec } from "../../lib/exec.ts";
import type { BaseImage } from "./datacenter-state.ts";
import { vmFiles } from "./vm-arguments.ts";

const GIB = 1024 ** 3;
const ImageInfo = z.object({ "virtual-size": z.number() });

/**
 * Makes a VM's disk: an overlay on the guest image, whole or not there at all. What was there is replaced. Never
 * smaller than the image, whose file system it would cut off.
 */
export async function makeDisk(
  vmDir: string,
  base: BaseImage,
  diskGiB: number,
  signal: AbortSignal,
  file: string = vmFiles.disk,
): Promise<void> {
  const info = await exec(["qemu-img", "info", "--output=json", "-f", base.format, base.rootDisk], {
    signal,
  });
  const imageBytes = ImageInfo.parse(JSON.parse(info.stdout))["virtual-size"];
  const bytes = Math.max(diskGiB * GIB, imageBytes);
  const path = join(vmDir, file);
  const temporary = `${path}.tmp`;
  try {
    const backing = ["-b", base.rootDisk, "-F", base.format];
    await exec(["qemu-img", "create", "-q", "-f", "qcow2", ...backing, temporary, String(bytes)], { signal });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
