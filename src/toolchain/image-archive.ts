import { createHash } from "node:crypto";
import type { Architecture } from "./components.ts";
import { type TarEntry, tarOf } from "./tar-archive.ts";
import { zstd } from "./zstd.ts";

/** A container image to be. */
export interface ImageSpec {
  /** What pods name it, for instance registry.k8s.io/pause:3.10.1. */
  reference: string;
  architecture: Architecture;
  entrypoint: readonly string[];
  command?: readonly string[];
  /** Tar archives, not compressed, lowest first. Layers that are the same bytes are stored once by whoever imports them. */
  layers: readonly Uint8Array[];
}

const searchPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const mediaTypes = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  // Compressed one by one, as containerd 1.5 and newer takes them: what it copies and hashes twice is then a quarter.
  layer: "application/vnd.oci.image.layer.v1.tar+zstd",
} as const;

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

interface Layer {
  tar: Uint8Array;
  diffId: string;
  content: Uint8Array;
}

/** An OCI image layout in a tar archive, as `ctr images import` takes it. Same input, same bytes. */
export function imageArchive(spec: ImageSpec): Promise<Buffer> {
  return imagesArchive([spec]);
}

/** The same with several images in it; layers that they share are in it once. */
export async function imagesArchive(specs: readonly ImageSpec[]): Promise<Buffer> {
  const packed = await packLayers(new Set(specs.flatMap(({ layers }) => layers)));
  const images = specs.map((spec) => describeImage(spec, packed));
  const index = json({
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: images.map(({ entry }) => entry),
  });
  const blobs = new Map(
    images
      .flatMap((image) => image.blobs)
      .map(blob)
      .map((entry) => [entry.path, entry]),
  );
  return tarOf([
    { path: "oci-layout", content: json({ imageLayoutVersion: "1.0.0" }) },
    { path: "index.json", content: index },
    ...blobs.values(),
  ]);
}

/** Each of these layers with what it is in the archive. */
async function packLayers(layers: ReadonlySet<Uint8Array>): Promise<Layer[]> {
  return Promise.all(
    [...layers].map(async (tar) => ({ tar, diffId: digestOf(tar), content: await zstd(tar) })),
  );
}

function describeImage(spec: ImageSpec, packed: readonly Layer[]): { entry: object; blobs: Uint8Array[] } {
  const own = spec.layers.flatMap((tar) => packed.filter((layer) => layer.tar === tar));
  const layers = own.map(({ content }) => describe(mediaTypes.layer, content));
  const config = json({
    created: "1970-01-01T00:00:00Z",
    architecture: spec.architecture,
    os: "linux",
    config: { Env: [searchPath], Entrypoint: spec.entrypoint, Cmd: spec.command, WorkingDir: "/" },
    rootfs: { type: "layers", diff_ids: own.map(({ diffId }) => diffId) },
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: describe(mediaTypes.config, config),
    layers,
  });
  const entry = {
    ...describe(mediaTypes.manifest, manifest),
    platform: { architecture: spec.architecture, os: "linux" },
    annotations: {
      "io.containerd.image.name": spec.reference,
      "org.opencontainers.image.ref.name": spec.reference.slice(spec.reference.lastIndexOf(":") + 1),
    },
  };
  return { entry, blobs: [config, manifest, ...own.map(({ content }) => content)] };
}

function blob(content: Uint8Array): TarEntry {
  return { path: `blobs/sha256/${sha256(content)}`, content };
}

function describe(mediaType: string, content: Uint8Array): Descriptor {
  return { mediaType, digest: digestOf(content), size: content.length };
}

function digestOf(content: Uint8Array): string {
  return `sha256:${sha256(content)}`;
}

function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
