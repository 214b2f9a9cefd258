import { systemClock } from "./clock.ts";
import { silentLog } from "./log.ts";
import { pathsFrom, type Env } from "./paths.ts";
import { silentProgress } from "./progress.ts";
import type { World } from "./world.ts";

/** For tests: the World of a program that is called with this environment, says nothing, and is not stopped. */
export function testWorld(env: Env, differences: Partial<World> = {}): World {
  return {
    env,
    paths: pathsFrom(env),
    clock: systemClock,
    log: silentLog,
    progress: silentProgress,
    print: () => undefined,
    self: ["", ""],
    isInteractive: false,
    signal: new AbortController().signal,
    ...differences,
  };
}
