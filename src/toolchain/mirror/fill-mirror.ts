import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { z } from "zod";
import { readAsset } from "../../lib/assets.ts";
import { readJsonIfExists } from "../../lib/files.ts";
import type { World } from "../../lib/world.ts";
import { publish } from "../cache.ts";
import type { Architecture } from "../components.ts";
import { hostArchitecture } from "../host-architecture.ts";
import { imagesArchive } from "../image-archive.ts";
import { resolveKubernetes } from "../kubernetes-versions.ts";
import { tarOf, type TarEntry } from "../tar-archive.ts";
import type { HostProgram, Toolchain } from "../toolchain.ts";
import { zstd } from "../zstd.ts";
import { ControlPlaneBundle, mirrorFolders, TailscaleBundle } from "./mirror-manifest.ts";

const compressGzip = promisify(gzip);

/** Programs of a control plane that run as pods of an image of their own. */
const podPrograms = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"] as const;

/**
 * Fills a folder with everything that VMs without internet take from a mirror: any web server can serve it. What is
 * there is replaced where it is of other programs, and left where it is of these. Returns the checksum of the workers'
 * manifest, as a profile's artifactSource.manifestSha256 wants it.
 */
export async function fillMirror(root: string, toolchain: Toolchain, world: World): Promise<string> {
  const architecture = hostArchitecture(process.arch);
  const { kubernetesVersion } = toolchain;
  await mkdir(root, { recursive: true });
  const fill = async (folder: string, programs: readonly HostProgram[], make: Make): Promise<void> => {
    const origins = await originsOf(toolchain, programs);
    await world.progress.step(`Fill ${folder}`, () =>
      replaceUnlessMadeOf(join(root, folder), origins, (out) => make(out, { toolchain, architecture })),
    );
  };
  const node = mirrorFolders.node(kubernetesVersion, architecture);
  await world.progress.step(`Fill ${node}`, async () =>
    replaceUnlessMadeOf(join(root, node), [await realpath(toolchain.nodeBundleDir)], (out) =>
      copyBundle(toolchain.nodeBundleDir, out),
    ),
  );
  await fill(
    mirrorFolders.controlPlane(kubernetesVersion, architecture),
    [...podPrograms, "kubectl"],
    makeControlPlane,
  );
  await fill(mirrorFolders.tailscale(architecture), ["tailscale", "tailscaled"], makeTailscale);
  return createHash("sha256")
    .update(await readFile(join(root, node, "manifest.json")))
    .digest("hex");
}

interface Making {
  toolchain: Toolchain;
  architecture: Architecture;
}
type Make = (out: string, making: Making) => Promise<void>;

/** The files that programs really are; the toolchain keeps each version under a path of its own. */
function originsOf(toolchain: Toolchain, programs: readonly HostProgram[]): Promise<string[]> {
  return Promise.all(programs.map((name) => realpath(toolchain.program(name))));
}

const ORIGINS = "made-of.json";
const Origins = z.array(z.string());

async function replaceUnlessMadeOf(
  folder: string,
  origins: readonly string[],
  make: (out: string) => Promise<void>,
): Promise<void> {
  // The last two parts of a path name component, version and program; where the cache lies is nobody's business.
  const madeOf = origins.map((path) => path.split("/").slice(-2).join("/"));
  const known = await readJsonIfExists(join(folder, ORIGINS), Origins);
  if (JSON.stringify(known) === JSON.stringify(madeOf)) return;
  await rm(folder, { recursive: true, force: true });
  await publish(folder, async (out) => {
    await make(out);
    await writeFile(join(out, ORIGINS), JSON.stringify(madeOf));
  });
}

async function copyBundle(from: string, out: string): Promise<void> {
  for (const name of await readdir(from)) await copyFile(join(from, name), join(out, name));
}

async function makeControlPlane(out: string, { toolchain, architecture }: Making): Promise<void> {
  const { kubernetesVersion } = toolchain;
  const etcdTag = `${resolveKubernetes(kubernetesVersion).etcd}-0`;
  const layer = await tarOf(await programEntries(toolchain, podPrograms, "usr/local/bin"));
  const images = podPrograms.map((name) => ({
    reference: `registry.k8s.io/${name}:${name === "etcd" ? etcdTag : `v${kubernetesVersion}`}`,
    architecture,
    entrypoint: [`/usr/local/bin/${name}`],
    layers: [layer],
  }));
  const kubectl = await tarOf(await programEntries(toolchain, ["kubectl"], ""));
  const manifest: ControlPlaneBundle = {
    kubernetesVersion,
    architecture,
    kubectl: await write(out, "kubectl.tar.zst", await zstd(kubectl)),
    imageArchive: await write(out, "images.tar.zst", await zstd(await imagesArchive(images))),
    images: images.map(({ reference }) => reference),
    etcdTag,
  };
  await writeManifest(out, ControlPlaneBundle.parse(manifest));
}

async function makeTailscale(out: string, { toolchain, architecture }: Making): Promise<void> {
  const archive = await tarOf([
    ...(await programEntries(toolchain, ["tailscale"], "usr/local/bin")),
    ...(await programEntries(toolchain, ["tailscaled"], "usr/local/sbin")),
    {
      path: "etc/systemd/system/tailscaled.service",
      content: Buffer.from(readAsset("toolchain/mirror/tailscaled.service")),
    },
  ]);
  const manifest: TailscaleBundle = {
    architecture,
    archive: await write(out, "tailscale.tar.gz", await compressGzip(archive)),
  };
  await writeManifest(out, TailscaleBundle.parse(manifest));
}

/** Programs in a folder of an archive. Several that are one file are in it once, with links for their other names. */
async function programEntries(
  toolchain: Toolchain,
  names: readonly HostProgram[],
  folder: string,
): Promise<TarEntry[]> {
  const firstOf = new Map<string, string>();
  const entries: TarEntry[] = [];
  for (const name of names) {
    const path = folder === "" ? name : `${folder}/${name}`;
    const origin = await realpath(toolchain.program(name));
    const first = firstOf.get(origin);
    if (first !== undefined) entries.push({ path, linkTo: basename(first) });
    else entries.push({ path, content: await readFile(origin), executable: true });
    firstOf.set(origin, first ?? path);
  }
  return entries;
}

async function write(
  out: string,
  name: string,
  content: Buffer,
): Promise<{ name: string; sha256: string; bytes: number }> {
  await writeFile(join(out, name), content);
  return { name, sha256: createHash("sha256").update(content).digest("hex"), bytes: content.length };
}

async function writeManifest(out: string, manifest: object): Promise<void> {
  await writeFile(join(out, "manifest.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
}
