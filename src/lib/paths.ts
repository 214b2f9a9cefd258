import { homedir } from "node:os";
import { join, resolve } from "node:path";

export type Env = Readonly<Record<string, string | undefined>>;

/** Where things of ours live on this host. Folders are made by whoever writes into them. */
export interface Paths {
  /** What can be made again: built programs, guest images. XDG_CACHE_HOME/stargate or STARGATE_CACHE_DIR. */
  cacheDir: string;
  /** What must be kept: the lab, the datacenters' disks and keys. XDG_STATE_HOME/stargate or STARGATE_STATE_DIR. */
  stateDir: string;
  /** The lab's own folder inside stateDir. */
  labDir: string;
  /** One folder a datacenter inside stateDir, named for its router. */
  datacentersDir: string;
}

/** Folder of the cache that Node.js keeps our programs' compiled code in. */
export const COMPILED_CODE = "compiled-code";

export function pathsFrom(env: Env): Paths {
  const home = env["HOME"] ?? homedir();
  const stateDir = resolve(
    env["STARGATE_STATE_DIR"] ?? join(env["XDG_STATE_HOME"] ?? join(home, ".local", "state"), "stargate"),
  );
  return {
    cacheDir: resolve(
      env["STARGATE_CACHE_DIR"] ?? join(env["XDG_CACHE_HOME"] ?? join(home, ".cache"), "stargate"),
    ),
    stateDir,
    labDir: join(stateDir, "lab"),
    datacentersDir: join(stateDir, "datacenters"),
  };
}
