import { dirname, extname, join } from "node:path";
import type { World } from "./world.ts";

/**
 * For Node.js, and what bin/<program> says too: what lives for months and reads long lists has half the memory where
 * its young generation stays small.
 */
const CONTROLLER_FLAGS = ["--max-semi-space-size=4"];

/** How one of our own programs is started: it lies beside the one that runs now. */
export function programArgv(name: string, { self }: Pick<World, "self">): [string, ...string[]] {
  const [node, file] = self;
  const flags = name.endsWith("-controller") ? CONTROLLER_FLAGS : [];
  return [node, ...flags, join(dirname(file), `${name}${extname(file)}`)];
}
