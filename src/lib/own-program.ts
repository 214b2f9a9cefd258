import { dirname, extname, join } from "node:path";
import type { World } from "./world.ts";

/**
 * For what lives for months and reads long lists: a heap that stays small costs a tenth of the work of reading them, and
 * takes half the memory. bin/<program> says the same.
 */
export const CONTROLLER_FLAGS: readonly string[] = ["--max-semi-space-size=4", "--heap-growing-percent=20"];

/** How one of our own programs is started: it lies beside the one that runs now. */
export function programArgv(name: string, { self }: Pick<World, "self">): [string, ...string[]] {
  const [node, file] = self;
  const flags = name.endsWith("-controller") ? CONTROLLER_FLAGS : [];
  return [node, ...flags, join(dirname(file), `${name}${extname(file)}`)];
}
