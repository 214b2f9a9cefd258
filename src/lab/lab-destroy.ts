import { rm } from "node:fs/promises";
import type { World } from "../lib/world.ts";
import { labDown } from "./lab-up.ts";

/** Stops the lab and removes everything it keeps. One that is not there is fine. */
export async function labDestroy(world: World): Promise<void> {
  await labDown(world);
  await rm(world.paths.labDir, { recursive: true, force: true });
}
