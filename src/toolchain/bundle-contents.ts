import { readFile, readlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { isErrno } from "../lib/files.ts";
import type { Architecture } from "./components.ts";
import { imageArchive } from "./image-archive.ts";
import { type BundleFile, images } from "./node-bundle.ts";
import { type TarEntry, tarOf } from "./tar-archive.ts";

/** A file of the bundle before it is compressed. */
export interface BundlePart {
  name: string;
  kind: BundleFile["kind"];
  image?: string;
  /** Makes the tar archive; called when its turn comes, as some are large. */
  make: () => Promise<Buffer>;
}

/** Folder of each component, by component name. */
export type Folders = ReadonlyMap<string, string>;

interface Program {
  component: string;
  program: string;
  /** Where in the image it stands, without the leading slash. */
  path: string;
}

interface BundledImage {
  name: string;
  image: string;
  programs: readonly Program[];
  /** The first program with these arguments unless a pod names others. */
  command?: readonly string[];
  onBase?: boolean;
  extra?: readonly TarEntry[];
}

const cniPrograms = {
  "cni-plugins": ["bridge", "loopback", "host-local", "portmap", "bandwidth"],
  "flannel-cni-plugin": ["flannel"],
};

const temporaryFolder: TarEntry = { path: "tmp", directory: true, mode: 0o1777 };

function bundledImages(version: string): readonly BundledImage[] {
  return [
    {
      name: "kube-proxy",
      image: images.kubeProxy(version),
      onBase: true,
      programs: [{ component: "kube-proxy", program: "kube-proxy", path: "usr/local/bin/kube-proxy" }],
    },
    {
      name: "flannel",
      image: images.flannel,
      onBase: true,
      programs: [
        { component: "flannel", program: "flanneld", path: "opt/bin/flanneld" },
        { component: "flannel-install-conf", program: "install-conf", path: "opt/bin/install-conf" },
      ],
    },
    {
      name: "agnhost",
      image: images.agnhost,
      command: ["pause"],
      programs: [{ component: "agnhost", program: "agnhost", path: "agnhost" }],
      extra: [temporaryFolder, { path: "uploads", directory: true }],
    },
    {
      name: "coredns",
      image: images.coredns,
      programs: [{ component: "coredns", program: "coredns", path: "coredns" }],
      extra: [temporaryFolder],
    },
    {
      name: "pause",
      image: images.pause,
      programs: [{ component: "pause", program: "pause", path: "pause" }],
    },
  ];
}

/** Names of the components that the bundle is made of; the others leave it as it is. */
export function bundledComponents(version: string): ReadonlySet<string> {
  const inImages = bundledImages(version).flatMap(({ programs }) =>
    programs.map(({ component }) => component),
  );
  return new Set(["kubernetes-node", ...Object.keys(cniPrograms), ...inImages]);
}

/** Every file of the bundle, what a worker needs first coming first. */
export function bundleParts(
  version: string,
  architecture: Architecture,
  folders: Folders,
  base: readonly TarEntry[],
): BundlePart[] {
  return [
    {
      name: "programs.tar.zst",
      kind: "programs",
      make: async () => tarOf(await nodePrograms(folderOf(folders, "kubernetes-node"))),
    },
    {
      name: "cni-plugins.tar.zst",
      kind: "cni-plugins",
      make: async () => {
        const plugins = Object.entries(cniPrograms).flatMap(([component, names]) =>
          names.map((program) => ({ component, program, path: program })),
        );
        return tarOf(await Promise.all(plugins.map((plugin) => programEntry(folders, plugin))));
      },
    },
    ...bundledImages(version).map((spec): BundlePart => ({
      name: `image-${spec.name}.tar.zst`,
      kind: "image",
      image: spec.image,
      make: () => archiveOf(spec, architecture, folders, base),
    })),
  ];
}

async function archiveOf(
  spec: BundledImage,
  architecture: Architecture,
  folders: Folders,
  base: readonly TarEntry[],
): Promise<Buffer> {
  const own = await Promise.all(spec.programs.map((program) => programEntry(folders, program)));
  const layer = await tarOf([...own, ...(spec.extra ?? [])]);
  return imageArchive({
    reference: spec.image,
    architecture,
    entrypoint: spec.programs.slice(0, 1).map(({ path }) => `/${path}`),
    ...(spec.command === undefined ? {} : { command: spec.command }),
    layers: spec.onBase === true ? [await tarOf(base), layer] : [layer],
  });
}

/** kubelet and kubeadm: two files, or one that acts as both with a link for the second name. */
export async function nodePrograms(folder: string): Promise<TarEntry[]> {
  const [kubelet, kubeadm] = await Promise.all(
    ["kubelet", "kubeadm"].map((name) => linkTarget(join(folder, name))),
  );
  const oneFile = kubelet !== undefined && kubelet === kubeadm;
  const read = (name: string) => readFile(join(folder, name));
  return [
    { path: "kubelet", content: await read("kubelet"), executable: true },
    oneFile
      ? { path: "kubeadm", linkTo: "kubelet" }
      : { path: "kubeadm", content: await read("kubeadm"), executable: true },
  ];
}

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return basename(await readlink(path));
  } catch (error) {
    if (isErrno(error, "EINVAL")) return undefined; // a plain file
    throw error;
  }
}

async function programEntry(folders: Folders, { component, program, path }: Program): Promise<TarEntry> {
  return { path, content: await readFile(join(folderOf(folders, component), program)), executable: true };
}

function folderOf(folders: Folders, component: string): string {
  const folder = folders.get(component);
  if (folder === undefined) throw new Error(`component ${component} is not in the cache`);
  return folder;
}
