import { readAsset } from "../../../lib/assets.ts";
import { exportLines } from "../../../remote/quote.ts";
import type { MirrorTailscale } from "../../../toolchain/mirror/read-mirror.ts";

/** The files by which install-tailscale.sh knows where tailscale comes from. */
export function renderMirrorFiles(mirror: MirrorTailscale | undefined): Record<string, string> {
  return {
    "/etc/stargate/mirror.env": exportLines({
      MIRROR: mirror?.url ?? "",
      TAILSCALE: mirror?.tailscale ?? "",
      TAILSCALE_SHA256: mirror?.tailscaleSha256 ?? "",
    }),
    "/usr/local/lib/stargate/fetch-artifacts.sh": readAsset("bootstrap/scripts/fetch-artifacts.sh"),
  };
}
