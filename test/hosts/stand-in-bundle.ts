import { createHash } from "node:crypto";
import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { imageArchive } from "../../src/toolchain/image-archive.ts";
import { type BundleFile, images, type NodeBundle } from "../../src/toolchain/node-bundle.ts";
import { tarOf } from "../../src/toolchain/tar-archive.ts";

/**
 * A node bundle like the real one, small: stand-ins for kubelet and kubeadm, CNI plugins that do nothing, and two
 * images of one file. The version differs in nothing but its checksums.
 * @returns its folder
 */
export async function makeStandInBundle(parent: string, version = "1.37.2"): Promise<string> {
  const folder = await mkdtemp(join(parent, "bundle-"));
  const script = (text: string) => Buffer.from(`#!/bin/sh\n# ${version}\n${text}\n`);
  const standIn = (name: string) =>
    script(`exec /opt/stargate/node /opt/stargate/repository/test/hosts/stand-in/${name}.ts "$@"`);
  const program = (path: string, content: Buffer) => ({ path, content, executable: true });
  const image = async (reference: string) =>
    imageArchive({
      reference,
      architecture: "amd64",
      entrypoint: ["/file"],
      layers: [await tarOf([program("file", script(reference))])],
    });
  const parts: [name: string, kind: BundleFile["kind"], content: Buffer, image?: string][] = [
    [
      "programs.tar.zst",
      "programs",
      await tarOf(["kubelet", "kubeadm"].map((name) => program(name, standIn(name)))),
    ],
    [
      "cni-plugins.tar.zst",
      "cni-plugins",
      await tarOf(
        ["bridge", "host-local", "loopback", "portmap"].map((name) => program(name, script("true"))),
      ),
    ],
    ["pause.tar.zst", "image", await image(images.pause), images.pause],
    ["agnhost.tar.zst", "image", await image(images.agnhost), images.agnhost],
  ];
  const files: BundleFile[] = [];
  for (const [name, kind, content, reference] of parts) {
    const packed = zstdCompressSync(content);
    await writeFile(join(folder, name), packed);
    const sha256 = createHash("sha256").update(packed).digest("hex");
    files.push({
      name,
      kind,
      sha256,
      bytes: packed.length,
      ...(reference === undefined ? {} : { image: reference }),
    });
  }
  const manifest: NodeBundle = {
    kubernetesVersion: version,
    architecture: "amd64",
    sandboxImage: images.pause,
    files,
  };
  await writeFile(join(folder, "manifest.json"), JSON.stringify(manifest));
  return folder;
}
