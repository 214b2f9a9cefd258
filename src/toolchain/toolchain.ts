import type { World } from "../lib/world.ts";

/** Programs that the toolchain can deliver for this host, by the name they are started under. */
export const hostPrograms = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubeadm",
  "kubectl",
  "headscale",
  "derper",
  "tailscale",
  "tailscaled",
] as const;
export type HostProgram = (typeof hostPrograms)[number];

/** Everything built or downloaded for one Kubernetes version, ready to use. */
export interface Toolchain {
  /** Full version, for instance 1.37.2. */
  kubernetesVersion: string;
  /** Absolute path of a program. */
  program(name: HostProgram): string;
  /**
   * Folder of what a worker needs, for this version: manifest.json (see node-bundle.ts) and the files it lists.
   * This is the controller's cache of the ControllerCache artifact source, and what a mirror serves.
   */
  nodeBundleDir: string;
}

/** Delivers the toolchain, building or downloading what is missing. Safe to interrupt and to run twice at once. See ensure-toolchain.ts. */
export type EnsureToolchain = (request: { kubernetes?: string }, world: World) => Promise<Toolchain>;
