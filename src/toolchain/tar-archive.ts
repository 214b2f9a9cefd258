import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { extract, pack } from "tar-stream";

/** One entry of a tar archive of ours. Owner is always root and the time always zero: same input, same bytes. */
export type TarEntry =
  | { path: string; content: Uint8Array; executable?: boolean }
  | { path: string; linkTo: string }
  | { path: string; directory: true; mode?: number };

const epoch = new Date(0);

/** A tar archive of these entries, in the order of their paths, with every folder above them. */
export async function tarOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const archive = pack();
  const result = buffer(archive);
  for (const entry of withFolders(entries)) {
    const common = { name: entry.path, uid: 0, gid: 0, uname: "", gname: "", mtime: epoch };
    if ("content" in entry) {
      const mode = entry.executable === true ? 0o755 : 0o644;
      archive.entry(
        { ...common, mode, type: "file" },
        Buffer.from(entry.content.buffer, entry.content.byteOffset, entry.content.byteLength),
      );
    } else if ("linkTo" in entry) {
      archive.entry({ ...common, mode: 0o777, type: "symlink", linkname: entry.linkTo });
    } else {
      archive.entry({ ...common, mode: entry.mode ?? 0o755, type: "directory" });
    }
  }
  archive.finalize();
  return result;
}

function withFolders(entries: readonly TarEntry[]): TarEntry[] {
  const byPath = new Map(entries.map((entry) => [entry.path, entry]));
  for (const { path } of entries) {
    const parts = path.split("/").slice(0, -1);
    for (let depth = parts.length; depth > 0; depth--) {
      const folder = parts.slice(0, depth).join("/");
      if (!byPath.has(folder)) byPath.set(folder, { path: folder, directory: true });
    }
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The files and links of a tar archive whose path `wanted` accepts; paths without a leading "./". */
export async function readTar(source: Readable, wanted: (path: string) => boolean): Promise<TarEntry[]> {
  const found: TarEntry[] = [];
  const tar = source.pipe(extract());
  source.once("error", (error) => tar.destroy(error));
  for await (const entry of tar) {
    const { name, type, linkname, mode } = entry.header;
    const path = name.replace(/^\.\//, "");
    if (type === "file" && wanted(path)) {
      found.push({ path, content: await buffer(entry), executable: (mode & 0o111) !== 0 });
      continue;
    }
    if (type === "symlink" && typeof linkname === "string" && wanted(path))
      found.push({ path, linkTo: linkname });
    entry.resume();
  }
  return found;
}
