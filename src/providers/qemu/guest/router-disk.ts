import type { World } from "../../../lib/world.ts";

/** Programs for the router guest: static, so this host's run there too. */
export interface RouterPrograms {
  tailscale: string;
  tailscaled: string;
}

/**
 * The disk (ISO 9660) that a router guest installs itself from: tailscale and our scripts and units, no secret. Made
 * once for each version of them, kept in the cache. Attach it to the router, read-only, beside its seed.
 */
export async function ensureRouterDisk(_programs: RouterPrograms, _world: World): Promise<string> {
  throw new Error("not yet");
}
