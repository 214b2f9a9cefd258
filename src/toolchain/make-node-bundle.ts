import { join } from "node:path";
import type { World } from "../lib/world.ts";
import type { Architecture } from "./components.ts";

export interface BundleRequest {
  cacheDir: string;
  /** Kubernetes version. */
  version: string;
  arch: Architecture;
}

/** Where the bundle of this version is, or will be. */
export function nodeBundleDir({ cacheDir, version, arch }: BundleRequest): string {
  return join(cacheDir, "bundles", `v${version}-linux-${arch}`);
}

export function bundleIsCurrent(_request: BundleRequest, _folders: ReadonlyMap<string, string>): boolean {
  return true;
}

export async function ensureNodeBundle(
  _request: BundleRequest,
  _folders: ReadonlyMap<string, string>,
  _world: World,
): Promise<void> {}
