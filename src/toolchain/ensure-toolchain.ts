import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { packagePath } from "../lib/assets.ts";
import type { World } from "../lib/world.ts";
import { buildComponent } from "./build-component.ts";
import { isPublished, publish, sweepTemporaries } from "./cache.ts";
import { type Architecture, type Component, componentsFor } from "./components.ts";
import { createDownloader, type Downloader } from "./download.ts";
import { findGo, type Go } from "./go.ts";
import { hostArchitecture } from "./host-architecture.ts";
import { inLanes } from "./in-lanes.ts";
import { installOfficial } from "./install-official.ts";
import { resolveKubernetes } from "./kubernetes-versions.ts";
import { withLock } from "./lock.ts";
import { bundleIsCurrent, ensureNodeBundle, nodeBundleDir } from "./make-node-bundle.ts";
import { recipeHash } from "./recipe-hash.ts";
import { askedSource, probeTimeoutMs, probeUrl, type Source } from "./source.ts";
import type { EnsureToolchain, HostProgram, Toolchain } from "./toolchain.ts";

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

/** A component with the folders it may be found in. */
interface Place {
  component: Component;
  built: string;
  official: string;
}

/** Delivers the toolchain into the cache. See toolchain.ts for what callers may rely on. */
export const ensureToolchain: EnsureToolchain = async (request, world) => {
  const release = resolveKubernetes(request.kubernetes);
  const arch = hostArchitecture(process.arch);
  const source = askedSource(world.env);
  const root = join(world.paths.cacheDir, "toolchain");
  const places = componentsFor(release, arch).map((component) => placeOf(component, arch, root));
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
      await fillCache(places, source, arch, root, world);
      await ensureNodeBundle(bundle, foldersOf(places, source), world);
    });
  }
  return toolchainOf(release.version, foldersOf(places, source), nodeBundleDir(bundle));
};

function placeOf(component: Component, arch: Architecture, root: string): Place {
  const name = `${component.name}-${component.version}-linux-${arch}`;
  const hash = recipeHash(component, packagePath("toolchain"));
  return {
    component,
    built: join(root, `${name}-${hash}`),
    official: join(root, `${name}-official`),
  };
}

/** The folder that has this component already; with "auto", either kind will do. */
function findPlace({ component, built, official }: Place, source: Source | "auto"): string | undefined {
  const wanted =
    source === "build" || component.official === undefined
      ? [built]
      : source === "download"
        ? [official]
        : [built, official];
  return wanted.find(isPublished);
}

/** Folder of each component that is there, by component name. */
function foldersOf(places: readonly Place[], source: Source | "auto"): ReadonlyMap<string, string> {
  return new Map(
    places.flatMap((place) => {
      const found = findPlace(place, source);
      return found === undefined ? [] : [[place.component.name, found] as const];
    }),
  );
}

async function fillCache(
  places: readonly Place[],
  source: Source | "auto",
  arch: Architecture,
  root: string,
  world: World,
): Promise<void> {
  const missing = places.filter((place) => findPlace(place, source) === undefined);
  if (missing.length === 0) return;
  const downloader = createDownloader(world);
  const chosen = source === "auto" ? await decideSource(downloader, world) : source;
  const isBuilt = ({ component }: Place): boolean => chosen === "build" || component.official === undefined;
  // Asked for before anything starts: a missing compiler is told at once, not after minutes.
  const go = missing.some(isBuilt) ? await findGo(world.env, world.signal) : undefined;
  // Components of one module share what is compiled: one after the other. Different modules: side by side.
  const groups = Map.groupBy(missing, (place) =>
    isBuilt(place) ? place.component.recipe.module : "download",
  );
  await inLanes(2, [...groups.values()], world.signal, async (group, signal) => {
    for (const place of group) {
      await (isBuilt(place) && go !== undefined
        ? build(place, go, arch, { ...world, signal })
        : download(place, join(root, "downloads"), { ...world, signal }));
    }
  });
}

async function decideSource(downloader: Downloader, world: World): Promise<Source> {
  const reachable = await downloader.isReachable(probeUrl, probeTimeoutMs);
  world.progress.say(
    reachable
      ? "Toolchain: official releases are downloaded and verified; what has none is built from Go modules"
      : "Toolchain: no way to the official downloads, so everything is built from Go modules (10 to 15 minutes on two cores, once)",
  );
  return reachable ? "download" : "build";
}

async function build({ component, built }: Place, go: Go, arch: Architecture, world: World): Promise<void> {
  await world.progress.step(`Build ${component.name} ${component.version}`, (update) =>
    publish(built, async (out) => {
      const context = {
        go,
        arch,
        toolchainDir: packagePath("toolchain"),
        env: world.env,
        signal: world.signal,
        onDetail: sparingly(update, world),
      };
      await buildComponent(component, out, context);
      await chmod(out, 0o755);
    }),
  );
}

async function download({ component, official }: Place, downloads: string, world: World): Promise<void> {
  await world.progress.step(`Download ${component.name} ${component.version}`, (update) =>
    publish(official, (out) =>
      installOfficial(
        component.official ?? [],
        out,
        downloads,
        createDownloader(world),
        sparingly(update, world),
      ),
    ),
  );
}

/** A terminal shows each second what a log shows each half minute. */
function sparingly(
  update: (detail: string) => void,
  { clock, isInteractive }: World,
): (detail: string) => void {
  const everyMs = isInteractive ? 1_000 : 30_000;
  let last = isInteractive ? 0 : clock.now();
  return (detail) => {
    if (clock.now() - last < everyMs) return;
    last = clock.now();
    update(detail);
  };
}

function toolchainOf(
  kubernetesVersion: string,
  folders: ReadonlyMap<string, string>,
  bundleDir: string,
): Toolchain {
  return {
    kubernetesVersion,
    nodeBundleDir: bundleDir,
    program: (name) => join(folders.get(deliveredBy[name]) ?? "", name),
  };
}
