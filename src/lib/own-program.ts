import { dirname, extname, join } from "node:path";
import type { World } from "./world.ts";

/** How one of our own programs is started: it lies beside the one that runs now. */
export function programArgv(name: string, { self }: Pick<World, "self">): [string, string] {
  const [node, file] = self;
  return [node, join(dirname(file), `${name}${extname(file)}`)];
}
