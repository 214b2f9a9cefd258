import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { StargateError } from "../lib/errors.ts";
import type { World } from "../lib/world.ts";
import { buildComponent } from "./build-component.ts";
import { publish } from "./cache.ts";
import type { Architecture } from "./components.ts";
import { createDownloader, type Downloader } from "./download.ts";
import { findGo, type Go } from "./go.ts";
import { inLanes } from "./in-lanes.ts";
import { installOfficial } from "./install-official.ts";
import { findPlace, type Place } from "./places.ts";
import { probeTimeoutMs, type Source } from "./source.ts";

export interface DeliveryContext {
  source: Source | "auto";
  arch: Architecture;
  /** Folder of the cache that components are kept in. */
  root: string;
  /** Where the Go modules lie. */
  toolchainDir: string;
  /** Asked whether it answers before "auto" downloads. */
  probeUrl: string;
  world: World;
}

/** Why a download did not come, where building instead is sound. A wrong checksum is none of these. */
const unavailable = new Set(["DownloadFailed", "ChecksumMissing", "ArchiveIncomplete"]);

/** Builds or downloads what is missing of these. Only for the holder of the toolchain's lock. */
export async function deliverComponents(places: readonly Place[], context: DeliveryContext): Promise<void> {
  const { source, world } = context;
  const missing = places.filter((place) => findPlace(place, source) === undefined);
  if (missing.length === 0) return;
  const downloader = createDownloader(world);
  const chosen = source === "auto" ? await decideSource(downloader, context) : source;
  const isBuilt = ({ component }: Place): boolean => chosen === "build" || component.official === undefined;
  // Asked for before anything starts: a missing compiler is told at once, not after minutes.
  const go = missing.some(isBuilt) ? await findGo(world.env, world.signal) : undefined;
  // Components of one module share what is compiled: one after the other. Different modules: side by side.
  const groups = Map.groupBy(missing, (place) => (isBuilt(place) ? place.component.recipe.module : ""));
  await inLanes(2, [...groups.values()], world.signal, async (group, signal) => {
    const inner = { ...context, world: { ...world, signal } };
    for (const place of group) {
      if (isBuilt(place)) await build(place, go, inner);
      else await downloadOrBuild(place, inner);
    }
  });
}

async function decideSource(downloader: Downloader, { probeUrl, world }: DeliveryContext): Promise<Source> {
  const reachable = await downloader.isReachable(probeUrl, probeTimeoutMs);
  world.progress.say(
    reachable
      ? "Toolchain: official releases are downloaded and verified; what has none is built from Go modules"
      : "Toolchain: no way to the official downloads, so everything is built from Go modules (10 to 15 minutes on two cores, once)",
  );
  return reachable ? "download" : "build";
}

async function build(
  { component, built }: Place,
  foundGo: Go | undefined,
  context: DeliveryContext,
): Promise<void> {
  const { arch, toolchainDir, world } = context;
  const { env, signal } = world;
  const go = foundGo ?? (await findGo(env, signal));
  await world.progress.step(`Build ${component.name} ${component.version}`, (update) =>
    publish(built, async (out) => {
      const onDetail = sparingly(update, world);
      await buildComponent(component, out, { go, arch, toolchainDir, env, signal, onDetail });
      await chmod(out, 0o755);
    }),
  );
}

async function downloadOrBuild(place: Place, context: DeliveryContext): Promise<void> {
  try {
    await download(place, context);
  } catch (error) {
    const canBuild =
      context.source === "auto" && error instanceof StargateError && unavailable.has(error.reason);
    if (!canBuild) throw error;
    context.world.progress.say(`${error.message}; building it instead`);
    await build(place, undefined, context);
  }
}

async function download({ component, official }: Place, { root, world }: DeliveryContext): Promise<void> {
  const release = component.official ?? [];
  await world.progress.step(`Download ${component.name} ${component.version}`, (update) =>
    publish(official, (out) =>
      installOfficial(
        release,
        out,
        join(root, "downloads"),
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
