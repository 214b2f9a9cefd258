import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";
import type { Env, Paths } from "./paths.ts";
import type { Progress } from "./progress.ts";

/** Everything a command may touch of the outside, handed in by main/ (and by tests). */
export interface World {
  env: Env;
  paths: Paths;
  clock: Clock;
  log: Log;
  progress: Progress;
  /** Writes a result (not progress, not logs) to standard output. */
  print: (text: string) => void;
  /** How this very program is started (Node.js and the program's file), for starting it again in the background. */
  self: readonly [string, string];
  /** True where questions can be asked of a person. */
  isInteractive: boolean;
  /** Aborted by Ctrl-C and SIGTERM. */
  signal: AbortSignal;
}
