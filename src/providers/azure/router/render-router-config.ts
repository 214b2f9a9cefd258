import { readAsset } from "../../../lib/assets.ts";
import type { MirrorTailscale } from "../../../toolchain/mirror/read-mirror.ts";
import { renderMirrorFiles } from "../vm/render-mirror.ts";
import { encodeCustomData, renderCloudConfig } from "../vm/render-cloud-config.ts";

export interface RouterSettings {
  /** Its address in the workers' subnet. */
  lanAddress: string;
  subnetCidr: string;
  /** Where tailscale comes from; undefined: from the internet, unless the image has it. */
  mirror: MirrorTailscale | undefined;
}

/** customData of the router: forwarding, packet filter, tailscale. It joins later, with a key that is not in here. */
export function renderRouterCustomData({ lanAddress, subnetCidr, mirror }: RouterSettings): string {
  const library = "/usr/local/lib/stargate";
  return encodeCustomData(
    renderCloudConfig(asset("router/cloud-init.yaml"), {
      // Addresses are digits, dots and a slash: the same in a shell as anywhere.
      "/etc/stargate/router.env": `LAN_ADDRESS=${lanAddress}\nSUBNET=${subnetCidr}\n`,
      "/etc/stargate/router.nft": asset("router/router.nft"),
      [`${library}/configure-router.sh`]: asset("router/configure-router.sh"),
      ...renderMirrorFiles(mirror),
      [`${library}/install-tailscale.sh`]: asset("vm/install-tailscale.sh"),
      "/etc/systemd/system/stargate-router.service": asset("router/stargate-router.service"),
    }),
  );
}

function asset(name: string): string {
  return readAsset(`providers/azure/${name}`);
}
