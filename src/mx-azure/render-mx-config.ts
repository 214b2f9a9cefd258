import { renderCrds } from "../api/crds.ts";
import { renderTailnetFlannel } from "../lab/tailnet-flannel.ts";
import { readAsset } from "../lib/assets.ts";
import { exportLines } from "../remote/quote.ts";
import { packageRepository } from "../bootstrap/package-repository.ts";
import { images } from "../toolchain/node-bundle.ts";
import { encodeCustomData, renderCloudConfig } from "../providers/azure/vm/render-cloud-config.ts";

/**
 * customData of the MX VM: everything it needs to make itself a control plane, but for the key to the tailnet, which it
 * is brought later.
 */
export function renderMxCustomData({
  vmName,
  kubernetesVersion,
}: {
  vmName: string;
  kubernetesVersion: string;
}): string {
  const { url, minor } = packageRepository(kubernetesVersion);
  const library = "/usr/local/lib/stargate";
  const settings = "/etc/stargate";
  return encodeCustomData(
    renderCloudConfig(readAsset("mx-azure/vm/cloud-init.yaml"), {
      [`${settings}/mx.env`]: exportLines({
        NODE_NAME: vmName,
        MINOR: minor,
        VERSION: kubernetesVersion,
        REPOSITORY: url,
        SANDBOX_IMAGE: images.pause,
      }),
      [`${settings}/kubeadm-init.yaml`]: readAsset("mx-azure/vm/kubeadm-init.yaml"),
      [`${settings}/flannel.yaml`]: renderTailnetFlannel("@TAILNET_ADDRESS@"),
      [`${settings}/crds.yaml`]: renderCrds(),
      ...bootstrapAssets(settings, "modules.conf", "sysctl.conf", "containerd-1.toml", "containerd-2.toml"),
      ...bootstrapAssets(library, "configure-kernel.sh", "install-containerd.sh", "install-packages.sh"),
      [`${library}/install-tailscale.sh`]: readAsset("providers/azure/vm/install-tailscale.sh"),
      [`${library}/mx-bootstrap.sh`]: readAsset("mx-azure/vm/mx-bootstrap.sh"),
      "/etc/systemd/system/stargate-mx.service": readAsset("mx-azure/vm/stargate-mx.service"),
    }),
  );
}

/** What makes workers of hosts makes a control plane of one as well. */
function bootstrapAssets(folder: string, ...names: string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => [`${folder}/${name}`, readAsset(`bootstrap/scripts/${name}`)]),
  );
}
