import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { exec } from "../../../lib/exec.ts";
import {
  renderMetaData,
  renderRouterNetwork,
  renderRouterUserData,
  renderWorkerNetwork,
  renderWorkerUserData,
} from "./cloud-init.ts";
import type { RouterGuest, WorkerGuest } from "./guest.ts";
import { renderRouterSettings } from "./router-settings.ts";

/** Files of a seed by their names. */
export type SeedFiles = Readonly<Record<string, string>>;

const SEED_LABEL = "cidata";

/** What tells a worker who it is. */
export function workerSeed(worker: WorkerGuest): SeedFiles {
  return {
    "meta-data": renderMetaData(worker),
    "user-data": renderWorkerUserData(worker),
    "network-config": renderWorkerNetwork(worker),
  };
}

/**
 * What tells a router who it is, and how it joins the tailnet. The key is a file of its own: cloud-init keeps copies
 * of what it reads, and it does not read this.
 */
export function routerSeed(router: RouterGuest): SeedFiles {
  return {
    "meta-data": renderMetaData(router),
    "user-data": renderRouterUserData(router),
    "network-config": renderRouterNetwork(router),
    "router.env": renderRouterSettings(router),
    ...(router.authKey === undefined ? {} : { "auth-key": router.authKey }),
  };
}

/**
 * Makes the NoCloud disk (ISO 9660, label cidata) that holds these files. Readable by its owner only, whole or not
 * there at all; one that is there is replaced. Keep a seed attached for the life of its guest: without one, cloud-init
 * takes a guest for a new one and asks for its address by DHCP.
 */
export async function makeSeed(path: string, files: SeedFiles, signal: AbortSignal): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const folder = await mkdtemp(`${path}.`); // mode 0700, and on the same file system
  try {
    const content = join(folder, "content");
    await mkdir(content);
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(content, name), text, { mode: 0o600 });
    }
    await makeIso(join(folder, "seed.iso"), SEED_LABEL, content, signal);
    await chmod(join(folder, "seed.iso"), 0o600);
    await rename(join(folder, "seed.iso"), path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An ISO 9660 disk of a folder. Modes are kept, everything belongs to root. */
export async function makeIso(
  path: string,
  label: string,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const options = ["-quiet", "-V", label, "-R", "-J", "-uid", "0", "-gid", "0"];
  await exec(["xorriso", "-as", "mkisofs", ...options, "-o", path, folder], { signal });
}
