import type { World } from "../lib/world.ts";
import { hostArchitecture } from "../toolchain/host-architecture.ts";
import { nodeBundleDir } from "../toolchain/make-node-bundle.ts";
import type { Connections } from "./connections.ts";

/** The node bundle that the lab's workers install; undefined for clusters whose workers get theirs elsewhere. */
export function artifactsDirFor({ lab }: Connections, { paths }: World): string | undefined {
  if (lab === undefined) return undefined;
  const { cacheDir } = paths;
  return nodeBundleDir({
    cacheDir,
    version: lab.kubernetesVersion,
    arch: hostArchitecture(process.arch),
  });
}
