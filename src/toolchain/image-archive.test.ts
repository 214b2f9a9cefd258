import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { test } from "node:test";
import { zstdDecompressSync } from "node:zlib";
import { z } from "zod";
import { imageArchive, type ImageSpec } from "./image-archive.ts";
import { readTar, tarOf } from "./tar-archive.ts";

const Descriptor = z.object({ mediaType: z.string(), digest: z.string(), size: z.int() });
const Index = z.object({
  manifests: z.tuple([Descriptor.extend({ annotations: z.record(z.string(), z.string()) })]),
});
const Manifest = z.object({ config: Descriptor, layers: z.array(Descriptor) });
const Config = z.object({
  architecture: z.string(),
  config: z.object({ Entrypoint: z.array(z.string()), Cmd: z.array(z.string()).optional() }),
  rootfs: z.object({ diff_ids: z.array(z.string()) }),
});

async function spec(): Promise<ImageSpec> {
  const base = await tarOf([{ path: "base", content: Buffer.from("below") }]);
  const own = await tarOf([{ path: "pause", content: Buffer.from("above"), executable: true }]);
  return {
    reference: "registry.k8s.io/pause:3.10.1",
    architecture: "amd64",
    entrypoint: ["/pause"],
    layers: [base, own],
  };
}

async function read(archive: Buffer) {
  const entries = await readTar(Readable.from([archive]), () => true);
  const contents = new Map(
    entries.map((entry) => [entry.path, "content" in entry ? Buffer.from(entry.content) : undefined]),
  );
  return (path: string): Buffer => {
    const content = contents.get(path);
    assert.ok(content, `${path} is missing; there are ${[...contents.keys()].join(", ")}`);
    return content;
  };
}

/** The blob of a descriptor, with its digest and size verified. */
function blobOf(file: (path: string) => Buffer, { digest, size }: z.infer<typeof Descriptor>): Buffer {
  const content = file(`blobs/${digest.replace(":", "/")}`);
  assert.equal(`sha256:${createHash("sha256").update(content).digest("hex")}`, digest);
  assert.equal(content.length, size);
  return content;
}

const parse = <T>(schema: z.ZodType<T>, content: Buffer): T => schema.parse(JSON.parse(content.toString()));

void test("imageArchive is an OCI layout whose every digest and size holds, from the index to the layers", async () => {
  const wanted = await spec();
  const file = await read(await imageArchive(wanted));
  assert.deepEqual(JSON.parse(file("oci-layout").toString()), { imageLayoutVersion: "1.0.0" });
  const [first] = parse(Index, file("index.json")).manifests;
  assert.equal(first.annotations["io.containerd.image.name"], wanted.reference);
  const manifest = parse(Manifest, blobOf(file, first));
  const layers = manifest.layers.map((layer) => {
    assert.equal(layer.mediaType, "application/vnd.oci.image.layer.v1.tar+zstd");
    return zstdDecompressSync(blobOf(file, layer));
  });
  assert.deepEqual(
    layers,
    wanted.layers.map((layer) => Buffer.from(layer)),
  );
  const config = parse(Config, blobOf(file, manifest.config));
  assert.equal(config.architecture, "amd64");
  assert.deepEqual(config.config.Entrypoint, ["/pause"]);
  assert.deepEqual(
    config.rootfs.diff_ids,
    layers.map((layer) => `sha256:${createHash("sha256").update(layer).digest("hex")}`),
  );
});

void test("imageArchive gives the same bytes for the same image, and others for another reference", async () => {
  const wanted = await spec();
  assert.deepEqual(await imageArchive(wanted), await imageArchive(await spec()));
  assert.notDeepEqual(
    await imageArchive(wanted),
    await imageArchive({ ...wanted, reference: "example.org/pause:2" }),
  );
});
