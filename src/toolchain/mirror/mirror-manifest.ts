import { z } from "zod";
import { BundleFile } from "../node-bundle.ts";
import type { Architecture } from "../components.ts";

const MirrorFile = BundleFile.pick({ name: true, sha256: true, bytes: true });

/** manifest.json of what a control plane needs beside a node bundle, in mx-v1.37.2-linux-amd64 of a mirror. */
export const ControlPlaneBundle = z.object({
  kubernetesVersion: z.string(),
  architecture: z.enum(["amd64", "arm64"]),
  /** A zstd-compressed tar with kubectl, to be unpacked into /usr/local/bin. */
  kubectl: MirrorFile,
  /** A zstd-compressed archive with every image that is named, for `ctr images import`. */
  imageArchive: MirrorFile,
  images: z.array(z.string()),
  /** Tag of the etcd among them: not always the one kubeadm would take. */
  etcdTag: z.string(),
});
export type ControlPlaneBundle = z.infer<typeof ControlPlaneBundle>;

/** manifest.json of tailscale, in tailscale-linux-amd64 of a mirror. */
export const TailscaleBundle = z.object({
  architecture: z.enum(["amd64", "arm64"]),
  /** A gzip-compressed tar with tailscale, tailscaled and its unit, to be unpacked into the root folder. */
  archive: MirrorFile,
});
export type TailscaleBundle = z.infer<typeof TailscaleBundle>;

/** Folders of a mirror, by its root. */
export const mirrorFolders = {
  node: (version: string, architecture: Architecture) => `v${version}-linux-${architecture}`,
  controlPlane: (version: string, architecture: Architecture) => `mx-v${version}-linux-${architecture}`,
  tailscale: (architecture: Architecture) => `tailscale-linux-${architecture}`,
} as const;
