import { UsageError } from "../lib/errors.ts";

/** One Kubernetes version that the toolchain can deliver, with what is pinned beside it. */
export interface KubernetesRelease {
  /** For instance 1.37.2. */
  version: string;
  /** The etcd that goes with it. */
  etcd: string;
  /** The go.mod of toolchain/kubernetes that pins it. */
  modFile: string;
}

/** Newest first; the first is the default. */
export const kubernetesReleases: readonly [KubernetesRelease, ...KubernetesRelease[]] = [
  { version: "1.37.2", etcd: "3.7.3", modFile: "go.mod" },
  { version: "1.36.3", etcd: "3.6.16", modFile: "v1.36.mod" },
  { version: "1.35.4", etcd: "3.6.16", modFile: "v1.35.mod" },
];

/**
 * The release for what a person asked: nothing (the default), "1.37", "v1.37" or "1.37.2".
 * @throws UsageError naming what can be had
 */
export function resolveKubernetes(asked?: string): KubernetesRelease {
  if (asked === undefined) return kubernetesReleases[0];
  const wanted = asked.replace(/^v/, "");
  const found = kubernetesReleases.find(
    ({ version }) => version === wanted || version.startsWith(`${wanted}.`),
  );
  if (found !== undefined && wanted.split(".").length >= 2) return found;
  const known = kubernetesReleases.map(({ version }) => version).join(", ");
  throw new UsageError(
    `Kubernetes ${asked}: the toolchain has no such version`,
    `Ask for one of ${known}, or for its first two numbers.`,
  );
}
