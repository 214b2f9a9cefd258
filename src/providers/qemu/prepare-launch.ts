import type { World } from "../../lib/world.ts";
import { ensureTailscale } from "../../toolchain/ensure-tailscale.ts";
import { hostArchitecture } from "../../toolchain/host-architecture.ts";
import type { WayOut } from "./network/network.ts";
import { chooseAccelerator, type Accelerator } from "./accelerator.ts";
import type { BaseImage, Datacenter } from "./datacenter-state.ts";
import { ensureArtifactsDisk } from "./guest/artifacts-disk.ts";
import { ensureRouterDisk } from "./guest/router-disk.ts";
import type { Launch } from "./launch.ts";
import { openNetwork } from "./network/choose-network.ts";
import { StateWriter } from "./state-writer.ts";
import type { QemuOptions } from "./qemu-options.ts";

export interface LaunchRequest {
  options: Pick<QemuOptions, "accelerator">;
  way: WayOut;
  /** An image that guests of this datacenter boot from. */
  base: BaseImage;
  artifactsDir: string | undefined;
}

/** Gets everything ready that VMs are started with: the network, the router's programs, how guests are run. */
export async function prepareLaunch(
  dir: string,
  datacenter: Datacenter,
  { options, way, base, artifactsDir }: LaunchRequest,
  world: World,
): Promise<Launch> {
  const network = openNetwork(datacenter);
  const [uplink, accelerator, routerDisk, artifactsDisk] = await Promise.all([
    network.ensure(way, world).then(() => network.uplink(0)),
    acceleratorFor(options, base, world),
    ensureTailscale(world).then((programs) => ensureRouterDisk(programs, world)),
    artifactsDir === undefined ? undefined : ensureArtifactsDisk(artifactsDir, world),
  ]);
  return {
    dir,
    datacenter,
    state: new StateWriter(dir, datacenter),
    network,
    accelerator,
    architecture: hostArchitecture(process.arch),
    routerDisk,
    artifactsDisk,
    nameservers: way.isolated ? [] : uplink.nameservers,
  };
}

async function acceleratorFor(
  options: LaunchRequest["options"],
  base: BaseImage,
  world: World,
): Promise<Accelerator> {
  if (options.accelerator !== "auto") return options.accelerator;
  return chooseAccelerator(world, { ...base, kernel: base.kernel });
}
