import { globSync } from "node:fs";
import { StargateError } from "../lib/errors.ts";
import { exec } from "../lib/exec.ts";
import type { Env } from "../lib/paths.ts";

/** The Go to build with, and how to start it. */
export interface Go {
  /** Path or name of the go command. */
  command: string;
  version: string;
  /** What every call of it needs in its environment, besides our own. */
  env: Readonly<Record<string, string>>;
}

/** The lowest that the modules under toolchain/ ask for. */
export const neededGo = "1.26.6";
/** From here on, Go fetches by itself, and verifies, the newer release it is asked to be. */
const selfUpdatingGo = "1.21";

/** Besides PATH: where golang.org's archive is unpacked, and Debian's and Ubuntu's packages of one release. */
function otherPlaces(): string[] {
  return ["/usr/local/go/bin/go", ...globSync("/usr/lib/go-1.*/bin/go").sort().toReversed()];
}

const remedy =
  `Install Go ${neededGo} or newer from https://go.dev/dl (unpack it to /usr/local), ` +
  `or a package of Go ${selfUpdatingGo} or newer, which fetches the right one by itself.`;

/**
 * Finds a Go that can build our modules.
 * @throws StargateError GoMissing, GoTooOld
 */
export async function findGo(env: Env, signal: AbortSignal): Promise<Go> {
  const found: { command: string; version: string }[] = [];
  for (const command of ["go", ...otherPlaces()]) {
    const version = await readGoVersion(command, signal);
    if (version !== undefined) found.push({ command, version });
  }
  return chooseGo(found, env);
}

/** Pure half of findGo: the first that is new enough, else the first that can make itself so. */
export function chooseGo(found: readonly { command: string; version: string }[], env: Env): Go {
  const ready = found.find(({ version }) => isAtLeast(version, neededGo));
  if (ready !== undefined) return { ...ready, env: {} };
  const first = found[0];
  if (first === undefined)
    throw new StargateError("GoMissing", "Cannot build the toolchain: Go is not installed", { remedy });
  const updating = found.find(({ version }) => isAtLeast(version, selfUpdatingGo));
  if (updating === undefined || env["GOTOOLCHAIN"] === "local") {
    throw new StargateError(
      "GoTooOld",
      `Cannot build the toolchain: ${first.command} is Go ${first.version}, and ${neededGo} is needed`,
      { remedy: updating === undefined ? remedy : `Unset GOTOOLCHAIN, or: ${remedy}` },
    );
  }
  // Said outright, as Debian's Go has "local" for its default.
  return { ...updating, env: { GOTOOLCHAIN: `go${neededGo}` } };
}

async function readGoVersion(command: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { stdout } = await exec([command, "version"], { signal, env: { GOTOOLCHAIN: "local" } });
    return /\bgo(\d+\.\d+(?:\.\d+)?)/.exec(stdout)?.[1];
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StargateError) return undefined; // absent, or broken: as good as absent
    throw error;
  }
}

/** Compares dotted numbers: 1.26.10 is at least 1.26.6. */
export function isAtLeast(version: string, minimum: string): boolean {
  const have = version.split(".").map(Number);
  const need = minimum.split(".").map(Number);
  for (const [index, wanted] of need.entries()) {
    const got = have[index] ?? 0;
    if (got !== wanted) return got > wanted;
  }
  return true;
}
