import { createHash, randomBytes } from "node:crypto";
import { readlinkSync } from "node:fs";
import { mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { isErrno } from "../lib/files.ts";
import type { World } from "../lib/world.ts";
import { makeBaseLayer } from "./base-layer.ts";
import { bundledComponents, bundleParts, type BundlePart, type Folders } from "./bundle-contents.ts";
import { isPublished, publish } from "./cache.ts";
import type { Architecture } from "./components.ts";
import { inLanes } from "./in-lanes.ts";
import { type BundleFile, images, NodeBundle } from "./node-bundle.ts";
import { shortHash } from "./recipe-hash.ts";
import { zstd } from "./zstd.ts";

export interface BundleRequest {
  cacheDir: string;
  /** Kubernetes version. */
  version: string;
  arch: Architecture;
}

/** To be raised whenever the same programs are to give another bundle. */
const bundleFormat = "2";

/** Where the bundle of this version is, or will be: a link, so that a new bundle takes its place in one moment. */
export function nodeBundleDir({ cacheDir, version, arch }: BundleRequest): string {
  return join(cacheDir, "bundles", `v${version}-linux-${arch}`);
}

/** True when the bundle is there and made of just these components. */
export function bundleIsCurrent(request: BundleRequest, folders: Folders): boolean {
  const made = bundleFolder(request, folders);
  const link = nodeBundleDir(request);
  return isPublished(made) && linkTarget(link) === relative(dirname(link), made);
}

/** Makes the bundle from the components' folders unless it is there. Only for the holder of the toolchain's lock. */
export async function ensureNodeBundle(
  request: BundleRequest,
  folders: Folders,
  world: World,
): Promise<void> {
  const made = bundleFolder(request, folders);
  if (!isPublished(made)) {
    await world.progress.step(`Make the node bundle for Kubernetes ${request.version}`, (update) =>
      publish(made, (out) => makeBundle(out, request, folders, update, world)),
    );
  }
  const link = nodeBundleDir(request);
  const temporary = `${link}.${randomBytes(4).toString("hex")}.tmp`;
  await mkdir(dirname(link), { recursive: true });
  await symlink(relative(dirname(link), made), temporary);
  await rename(temporary, link);
}

/** Where the bundle made of just these components is kept. */
export function bundleFolder({ cacheDir, version, arch }: BundleRequest, folders: Folders): string {
  const bundled = bundledComponents(version);
  const parts = [...folders]
    .filter(([name]) => bundled.has(name))
    .map(([name, folder]) => `${name}=${basename(folder)}`)
    .sort((a, b) => (a < b ? -1 : 1));
  const hash = shortHash([bundleFormat, JSON.stringify(images), ...parts]);
  return join(cacheDir, "toolchain", `node-bundle-${version}-linux-${arch}-${hash}`);
}

function linkTarget(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch (error) {
    if (isErrno(error, "ENOENT") || isErrno(error, "EINVAL")) return undefined;
    throw error;
  }
}

async function makeBundle(
  out: string,
  { version, arch }: BundleRequest,
  folders: Folders,
  update: (detail: string) => void,
  world: World,
): Promise<void> {
  update("nftables and iptables from Debian");
  const base = await makeBaseLayer(out, world);
  const parts = bundleParts(version, arch, folders, base);
  const files = new Map<string, BundleFile>();
  await inLanes(2, parts, world.signal, async (part, signal) => {
    update(part.name);
    files.set(part.name, await writePart(part, out));
    signal.throwIfAborted();
  });
  const manifest: NodeBundle = {
    kubernetesVersion: version,
    architecture: arch,
    sandboxImage: images.pause,
    files: parts.flatMap(({ name }) => files.get(name) ?? []),
  };
  await writeFile(
    join(out, "manifest.json"),
    `${JSON.stringify(NodeBundle.parse(manifest), undefined, 2)}\n`,
  );
}

async function writePart({ name, kind, image, make }: BundlePart, out: string): Promise<BundleFile> {
  const content = await zstd(await make());
  await writeFile(join(out, name), content);
  return {
    name,
    kind,
    sha256: createHash("sha256").update(content).digest("hex"),
    bytes: content.length,
    ...(image === undefined ? {} : { image }),
  };
}
