import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { readAsset } from "../lib/assets.ts";
import type { World } from "../lib/world.ts";
import type { Architecture } from "../toolchain/components.ts";
import { ensureComponents } from "../toolchain/ensure-components.ts";
import type { NodeContainer } from "./node-container.ts";

/** Where install-programs.sh finds what was copied. */
const INCOMING = "/var/lib/stargate/incoming";

interface Program {
  localPath: string;
  installedPath: string;
}

/**
 * Programs that kind's image lacks, for that processor: Tailscale, and the plugins that Flannel delegates to. From the
 * toolchain's cache, so versions are pinned, checksums verified, and the container needs no internet for them.
 */
export async function deliverPrograms(arch: Architecture, world: World): Promise<Program[]> {
  const [tailscale = "", plugins = "", flannel = ""] = await ensureComponents(
    ["tailscale", "cni-plugins", "flannel-cni-plugin"],
    arch,
    world,
  );
  const from = (folder: string, name: string, target: string): Program => ({
    localPath: join(folder, name),
    installedPath: `${target}/${name}`,
  });
  return [
    from(tailscale, "tailscale", "/usr/local/bin"),
    from(tailscale, "tailscaled", "/usr/local/bin"),
    from(plugins, "bridge", "/opt/cni/bin"),
    from(flannel, "flannel", "/opt/cni/bin"),
  ];
}

/** Copies the programs that the container has not or has otherwise, and has tailscaled run. */
export async function installPrograms(
  container: NodeContainer,
  programs: readonly Program[],
  signal: AbortSignal,
): Promise<void> {
  const paths = programs.map(({ installedPath }) => installedPath);
  // Files that are missing make the exit code 1; the others are listed all the same.
  const { stdout } = await container.run(["sha256sum", "--", ...paths], { signal, okCodes: [0, 1] });
  const installed = new Set(stdout.split("\n").map((line) => line.trim()));
  await container.run(["mkdir", "-p", INCOMING], { signal });
  for (const { localPath, installedPath } of programs) {
    if (installed.has(`${await sha256Of(localPath)}  ${installedPath}`)) continue;
    await container.copyInto(localPath, INCOMING, signal);
  }
  const inputs = { TAILSCALED_UNIT: readAsset("mx-kind/node/tailscaled.service").trimEnd() };
  await container.runScript("install-programs.sh", inputs, { signal });
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
