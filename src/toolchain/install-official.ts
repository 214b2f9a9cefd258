import { createReadStream, createWriteStream } from "node:fs";
import { chmod, copyFile, mkdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { StargateError } from "../lib/errors.ts";
import type { Downloader } from "./download.ts";
import type { OfficialRelease } from "./official-release.ts";

/** Downloads a component as its makers publish it, and leaves its programs in the folder `out`. */
export async function installOfficial(
  release: OfficialRelease,
  out: string,
  downloads: string,
  downloader: Downloader,
  onDetail: (detail: string) => void,
): Promise<void> {
  for (const file of release) {
    const name = basename(new URL(file.url).pathname);
    const path = await downloader.fetchVerified(file, downloads, (bytes) =>
      onDetail(`${name}, ${(bytes / 1e6).toFixed(0)} MB`),
    );
    if (file.save !== undefined) {
      await copyFile(path, join(out, file.save));
      await chmod(join(out, file.save), 0o755);
    }
    if (file.unpack !== undefined) await unpackPrograms(path, file.unpack, out);
    await rm(path);
  }
}

/** Takes the named programs out of a .tar.gz, wherever in it they are. */
export async function unpackPrograms(archive: string, names: readonly string[], out: string): Promise<void> {
  await mkdir(out, { recursive: true });
  const missing = new Set(names);
  const tar = extract();
  const reading = pipeline(createReadStream(archive), createGunzip(), tar);
  const taking = (async () => {
    for await (const entry of tar) {
      const name = basename(entry.header.name);
      if (entry.header.type === "file" && missing.delete(name)) {
        await pipeline(entry, createWriteStream(join(out, name), { mode: 0o755 }));
      } else {
        entry.resume();
      }
    }
  })();
  await Promise.all([reading, taking]);
  if (missing.size > 0) {
    throw new StargateError(
      "ArchiveIncomplete",
      `Unpack ${basename(archive)}: it does not hold ${[...missing].join(", ")}`,
    );
  }
}
