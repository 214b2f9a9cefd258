import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { packagePath } from "../lib/assets.ts";
import { sweepTemporaries } from "./cache.ts";
import { componentsFor } from "./components.ts";
import { deliverComponents } from "./deliver-components.ts";
import { hostArchitecture } from "./host-architecture.ts";
import { resolveKubernetes } from "./kubernetes-versions.ts";
import { withLock } from "./lock.ts";
import { bundleIsCurrent, ensureNodeBundle, nodeBundleDir } from "./make-node-bundle.ts";
import { findPlace, foldersOf, placeOf } from "./places.ts";
import { askedSource, probeUrl } from "./source.ts";
import type { EnsureToolchain, HostProgram } from "./toolchain.ts";

/** Which component delivers which program of this host. */
const deliveredBy: Readonly<Record<HostProgram, string>> = {
  etcd: "kubernetes-mx",
  "kube-apiserver": "kubernetes-mx",
  "kube-controller-manager": "kubernetes-mx",
  "kube-scheduler": "kubernetes-mx",
  kubeadm: "kubernetes-mx",
  kubectl: "kubernetes-mx",
  headscale: "headscale",
  derper: "derper",
  tailscale: "tailscale",
  tailscaled: "tailscale",
};

/** Delivers the toolchain into the cache. See toolchain.ts for what callers may rely on. */
export const ensureToolchain: EnsureToolchain = async (request, world) => {
  const release = resolveKubernetes(request.kubernetes);
  const arch = hostArchitecture(process.arch);
  const source = askedSource(world.env);
  const root = join(world.paths.cacheDir, "toolchain");
  const toolchainDir = packagePath("toolchain");
  const places = componentsFor(release, arch).map((component) =>
    placeOf(component, arch, root, toolchainDir),
  );
  const bundle = { cacheDir: world.paths.cacheDir, version: release.version, arch };
  const isWarm = (): boolean =>
    places.every((place) => findPlace(place, source) !== undefined) &&
    bundleIsCurrent(bundle, foldersOf(places, source));

  if (!isWarm()) {
    await mkdir(root, { recursive: true });
    const lock = {
      purpose: `toolchain for Kubernetes ${release.version}`,
      onWait: (holder: string) =>
        world.progress.say(`Waiting: another run is filling the same cache (${holder})`),
      signal: world.signal,
    };
    await withLock(join(root, ".lock"), lock, async () => {
      if (isWarm()) return; // the other run has done it
      await sweepTemporaries(root);
      await deliverComponents(places, { source, arch, root, toolchainDir, probeUrl, world });
      await ensureNodeBundle(bundle, foldersOf(places, source), world);
    });
  }
  const folders = foldersOf(places, source);
  return {
    kubernetesVersion: release.version,
    nodeBundleDir: nodeBundleDir(bundle),
    program: (name) => join(folders.get(deliveredBy[name]) ?? root, name),
  };
};
