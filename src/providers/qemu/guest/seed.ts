import type { RouterGuest, WorkerGuest } from "./guest.ts";

/** Files of a seed by their names. */
export type SeedFiles = Readonly<Record<string, string>>;

/** What tells a worker who it is. */
export function workerSeed(_worker: WorkerGuest): SeedFiles {
  throw new Error("not yet");
}

/** What tells a router who it is, and how it joins the tailnet. */
export function routerSeed(_router: RouterGuest): SeedFiles {
  throw new Error("not yet");
}

/**
 * Makes the NoCloud disk (ISO 9660, label cidata) that holds these files. Readable by its owner only, whole or not
 * there at all; one that is there is replaced.
 */
export async function makeSeed(_path: string, _files: SeedFiles, _signal: AbortSignal): Promise<void> {
  throw new Error("not yet");
}
