import { open, rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { StargateError } from "../../../lib/errors.ts";
import { exec } from "../../../lib/exec.ts";
import type { World } from "../../../lib/world.ts";
import { createDownloader } from "../../../toolchain/download.ts";
import type { ImageSource } from "./guest-image.ts";

const QCOW2_MAGIC = "QFI\u00fb";

/** Downloads a cloud image, verified and resumed where an earlier run stopped, to the file "disk" in `out`. */
export async function downloadGuestImage(
  { url, sha256 }: ImageSource,
  out: string,
  root: string,
  world: World,
): Promise<void> {
  const downloader = createDownloader(world);
  const name = basename(new URL(url).pathname);
  const path = await world.progress.step(`Download the guest image ${name}`, (update) => {
    let shown = 0;
    return downloader.fetchPinned({ url, sha256: sha256.toLowerCase() }, join(root, "downloads"), (bytes) => {
      if (bytes - shown < 50e6) return;
      shown = bytes;
      update(`${(bytes / 1e6).toFixed(0)} MB`);
    });
  });
  await checkDisk(path, url, world.signal);
  await rename(path, join(out, "disk"));
}

/** The format of a disk that was checked when it came. */
export async function diskFormat(path: string): Promise<"raw" | "qcow2"> {
  return (await readBytes(path, 0, 4)).toString("latin1") === QCOW2_MAGIC ? "qcow2" : "raw";
}

const ImageInfo = z.object({ "backing-filename": z.string().optional(), encrypted: z.boolean().optional() });

/** @throws StargateError GuestImageInvalid */
async function checkDisk(path: string, url: string, signal: AbortSignal): Promise<void> {
  const invalid = (state: string, remedy: string): StargateError =>
    new StargateError("GuestImageInvalid", `Use the guest image ${url}: ${state}`, { remedy });
  if ((await diskFormat(path)) === "qcow2") {
    const { stdout } = await exec(["qemu-img", "info", "--output=json", path], { signal });
    const info = ImageInfo.parse(JSON.parse(stdout));
    if (info["backing-filename"] === undefined) return;
    throw invalid("it stands on another image", "Name an image that is complete in itself.");
  }
  // A raw disk that boots has a boot sector; an archive of one has not.
  const signature = await readBytes(path, 510, 2);
  if (signature.toString("hex") === "55aa") return;
  throw invalid(
    "it is neither a qcow2 image nor a bootable raw disk",
    "Name a .qcow2, .img or .raw file; unpack archives first.",
  );
}

async function readBytes(path: string, position: number, length: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
