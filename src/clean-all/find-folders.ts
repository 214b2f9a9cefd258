import { readdir, readlink, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { StargateError } from "../lib/errors.ts";
import { COMPILED_CODE } from "../lib/paths.ts";
import type { World } from "../lib/world.ts";
import { providers } from "../providers/registry.ts";
import type { Finder } from "./removal.ts";
import { namesIn, removeIfEmpty, removeKnown } from "./remove-known.ts";

/** Everything our programs keep in the cache: it may be somebody's own folder, where other things lie too. */
const IN_CACHE = [
  "accelerator.json",
  "artifact-disks",
  "bundles",
  "guest-images",
  "router-disks",
  "test-hosts",
  "toolchain",
];

/** The same of the state folder. */
const IN_STATE = ["datacenters", "lab", "mx-azure", "run"];

/** What remains of the state folder when everything in it has been removed by who made it. */
export const findState: Finder = async (world) => {
  const { stateDir } = world.paths;
  const names = await namesIn(stateDir);
  if (!IN_STATE.some((name) => names.includes(name))) {
    await removeIfEmpty(stateDir);
    return [];
  }
  return [{ kind: "folder", what: stateDir, remove: () => removeState(world) }];
};

async function removeState(world: World): Promise<void> {
  const { stateDir, datacentersDir } = world.paths;
  for (const name of await namesIn(datacentersDir)) {
    const known = await Promise.all(providers.map((provider) => provider.readInventory(name, world)));
    // One that could not be destroyed is kept, or nobody could any more.
    if (known.every((inventory) => inventory === undefined)) {
      await rm(join(datacentersDir, name), { recursive: true, force: true });
    }
  }
  await removeIfEmpty(datacentersDir);
  await removeIfEmpty(join(stateDir, "mx-azure"));
  await removeKnown(stateDir, ["run"]);
}

/** What is slow to build or download. */
export const findCache: Finder = async ({ paths }) => {
  const { cacheDir } = paths;
  const names = await namesIn(cacheDir);
  if (!IN_CACHE.some((name) => names.includes(name))) return [];
  return [
    {
      kind: "cache",
      what: cacheDir,
      async remove() {
        await refuseIfUsed(cacheDir);
        await removeKnown(cacheDir, [...IN_CACHE, COMPILED_CODE]);
      },
    },
  ];
};

/** Removes what these very programs write by being started. */
export async function removeCompiledCode({ paths }: World): Promise<void> {
  await removeKnown(paths.cacheDir, [COMPILED_CODE]);
}

/** Several labs of other state folders may share the cache. */
async function refuseIfUsed(cacheDir: string): Promise<void> {
  for (const name of await readdir("/proc")) {
    const program = await readlink(join("/proc", name, "exe")).catch(() => ""); // none, or not ours to see
    if (!program.startsWith(`${cacheDir}/`)) continue;
    throw new StargateError(
      "CacheInUse",
      `${basename(program)} of another lab runs from it (process ${name})`,
      {
        remedy: "Take that lab down first, or keep the cache: --keep-cache, or make clean-all KEEP_CACHE=1.",
      },
    );
  }
}

/** What lies in our folders now: ours, which should be gone, and others', which we leave alone. */
export async function readFolders(
  { paths }: World,
  { keepCache }: { keepCache: boolean },
): Promise<{ ours: string[]; others: string[] }> {
  const both = await Promise.all([
    split(paths.stateDir, IN_STATE),
    keepCache ? { ours: [], others: [] } : split(paths.cacheDir, [...IN_CACHE, COMPILED_CODE]),
  ]);
  return { ours: both.flatMap(({ ours }) => ours), others: both.flatMap(({ others }) => others) };
}

async function split(
  folder: string,
  known: readonly string[],
): Promise<{ ours: string[]; others: string[] }> {
  const names = await namesIn(folder);
  const pathsOf = (isKnown: boolean) =>
    names.filter((name) => known.includes(name) === isKnown).map((name) => join(folder, name));
  return { ours: pathsOf(true), others: pathsOf(false) };
}
