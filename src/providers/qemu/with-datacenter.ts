import { join } from "node:path";
import type { World } from "../../lib/world.ts";
import { withLock } from "../../toolchain/lock.ts";
import { datacenterDir } from "./datacenter-state.ts";

/**
 * Runs `work` on a datacenter's folder while no other run does.
 * @throws what `work` throws
 */
export async function withDatacenter<T>(
  routerName: string,
  purpose: string,
  world: World,
  work: (dir: string) => Promise<T>,
): Promise<T> {
  const dir = datacenterDir(world.paths.datacentersDir, routerName);
  const lock = {
    purpose,
    onWait: (holder: string) =>
      world.progress.say(`Waiting: another run is working on ${routerName} (${holder})`),
    signal: world.signal,
  };
  return withLock(join(dir, ".lock"), lock, () => work(dir));
}
