import { z } from "zod";

/**
 * What the files of a node bundle are for. Each is a zstd-compressed tar:
 * programs: kubelet and kubeadm, unpacked into /usr/local/bin; cni-plugins: unpacked into /opt/cni/bin;
 * image: an image archive for `ctr images import`, which takes it only unpacked (`zstd -dc file | ctr … import -`).
 */
export const BundleFile = z.object({
  name: z.string().regex(/^[A-Za-z0-9._-]+$/),
  kind: z.enum(["programs", "cni-plugins", "image"]),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().positive(),
  /** For images: the reference pods name. */
  image: z.string().optional(),
});
export type BundleFile = z.infer<typeof BundleFile>;

/** manifest.json of a node bundle, in a folder named <version>-<os>-<arch>, for instance v1.37.2-linux-amd64. */
export const NodeBundle = z.object({
  kubernetesVersion: z.string(),
  architecture: z.enum(["amd64", "arm64"]),
  /** Image containerd must use as the sandbox (pause) image. */
  sandboxImage: z.string(),
  files: z.array(BundleFile),
});
export type NodeBundle = z.infer<typeof NodeBundle>;

/** Image references of the lab's add-ons; they are in every node bundle, so no registry is asked. */
export const images = {
  pause: "registry.k8s.io/pause:3.10.1",
  kubeProxy: (version: string) => `registry.k8s.io/kube-proxy:v${version}`,
  coredns: "registry.k8s.io/coredns/coredns:v1.15.0",
  flannel: "ghcr.io/flannel-io/flannel:v0.28.10",
  agnhost: "registry.k8s.io/e2e-test-images/agnhost:2.66.1",
} as const;
