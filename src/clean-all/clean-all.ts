import { describeError, isAborted, StargateError } from "../lib/errors.ts";
import { renderTable } from "../lib/table.ts";
import type { World } from "../lib/world.ts";
import type { Tailnet } from "../tailnet/tailnet.ts";
import { findBackground, findLogs } from "./find-background.ts";
import { findDatacenters } from "./find-datacenters.ts";
import { findCache, findState, readFolders, removeCompiledCode } from "./find-folders.ts";
import { findKindCluster } from "./find-kind-cluster.ts";
import { findLab } from "./find-lab.ts";
import { findLeftovers } from "./find-leftovers.ts";
import { findMxAzure } from "./find-mx-azure.ts";
import { findStrays } from "./find-strays.ts";
import { findInTailnet } from "./find-tailnet.ts";
import type { Finder, Removal } from "./removal.ts";

export interface CleanAllRequest {
  keepCache: boolean;
  /** The tailnet whose credentials were given, besides the lab's own. */
  tailnet: Tailnet | undefined;
  /** Asked once, when there is something to remove. False leaves everything as it is. */
  confirm: () => Promise<boolean>;
}

/**
 * Removes everything of ours from this host, and what we made elsewhere from here: lists it, asks, removes, and looks
 * afresh whether anything is left. May be repeated; what failed is tried again then.
 * @throws StargateError CleanUpIncomplete naming what failed and what is left, NothingRemoved
 */
export async function cleanAll(request: CleanAllRequest, world: World): Promise<void> {
  const { keepCache, tailnet, confirm } = request;
  const problems: string[] = [];
  const removals = await findAll(findersFor(keepCache, tailnet), problems, world);
  if (removals.length > 0) {
    const [first = [], ...rows] = removals.map(({ kind, what }) => [`  ${kind}`, what]);
    world.print(`This is removed:\n${renderTable(first, rows)}`);
    if (!(await confirm())) throw new StargateError("NothingRemoved", "Nothing was removed");
    for (const removal of removals) await removeOne(removal, problems, world);
  }
  if (!keepCache) await removeCompiledCode(world);
  const leftovers = await findLeftovers(world, { keepCache });
  if (problems.length > 0 || leftovers.length > 0) throw incomplete(problems, leftovers);
  const { others } = await readFolders(world, { keepCache });
  if (others.length > 0) world.print(`Left alone, as it is not ours: ${others.join(", ")}`);
  const kept = keepCache ? `; ${world.paths.cacheDir} is kept` : "";
  world.print(`Nothing of ours is left: no process, no socket, no file${kept}`);
}

/** In the order of removal: what uses a thing goes before it. */
function findersFor(keepCache: boolean, tailnet: Tailnet | undefined): Finder[] {
  return [
    findStrays,
    findBackground,
    findDatacenters,
    findKindCluster(tailnet),
    findMxAzure(tailnet),
    findInTailnet(tailnet),
    findLab,
    findState,
    findLogs,
    ...(keepCache ? [] : [findCache]),
  ];
}

async function findAll(finders: readonly Finder[], problems: string[], world: World): Promise<Removal[]> {
  const found: Removal[] = [];
  for (const find of finders) {
    try {
      found.push(...(await find(world)));
    } catch (error) {
      noteProblem(error, problems, world);
    }
  }
  return found;
}

async function removeOne({ kind, what, remove }: Removal, problems: string[], world: World): Promise<void> {
  try {
    await world.progress.step(`Remove ${kind} ${what}`, remove);
  } catch (error) {
    noteProblem(error, problems, world, `${kind} ${what}: `);
  }
}

/** One thing that cannot be removed keeps nothing else from it. */
function noteProblem(error: unknown, problems: string[], { signal }: World, where = ""): void {
  if (signal.aborted && isAborted(error)) throw error;
  const remedy = error instanceof StargateError && error.remedy !== undefined ? ` (${error.remedy})` : "";
  problems.push(`${where}${describeError(error)}${remedy}`);
}

function incomplete(problems: readonly string[], leftovers: readonly string[]): StargateError {
  const lines = [...problems, ...leftovers.map((one) => `still there: ${one}`)];
  return new StargateError(
    "CleanUpIncomplete",
    `Not everything is removed\n${lines.map((line) => `  ${line}`).join("\n")}`,
    {
      remedy: "See to it and run the same command again: what is gone already is fine.",
    },
  );
}
