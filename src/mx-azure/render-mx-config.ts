import { parseAllDocuments } from "yaml";
import { renderCrds } from "../api/crds.ts";
import { packageRepository } from "../bootstrap/package-repository.ts";
import { renderTailnetFlannel } from "../lab/tailnet-flannel.ts";
import { readAsset } from "../lib/assets.ts";
import { encodeCustomData, renderCloudConfig } from "../providers/azure/vm/render-cloud-config.ts";
import { renderMirrorFiles } from "../providers/azure/vm/render-mirror.ts";
import { exportLines } from "../remote/quote.ts";
import type { MirrorControlPlane } from "../toolchain/mirror/read-mirror.ts";
import { images } from "../toolchain/node-bundle.ts";
import { listMirrorFiles } from "./mirror-files.ts";

const LIBRARY = "/usr/local/lib/stargate";
const SETTINGS = "/etc/stargate";

export interface MxCustomData {
  vmName: string;
  kubernetesVersion: string;
  /** Where programs and images come from; undefined: from the internet. */
  mirror: MirrorControlPlane | undefined;
}

/**
 * customData of the MX VM: everything it needs to make itself a control plane, but for the key to the tailnet, which it
 * is brought later.
 */
export function renderMxCustomData({ vmName, kubernetesVersion, mirror }: MxCustomData): string {
  const { url, minor } = packageRepository(kubernetesVersion);
  return encodeCustomData(
    renderCloudConfig(readAsset("mx-azure/vm/cloud-init.yaml"), {
      [`${SETTINGS}/mx.env`]: exportLines({
        NODE_NAME: vmName,
        MINOR: minor,
        VERSION: kubernetesVersion,
        REPOSITORY: url,
        SANDBOX_IMAGE: mirror?.node.sandboxImage ?? images.pause,
        ...(mirror === undefined ? {} : listMirrorFiles(mirror)),
      }),
      [`${SETTINGS}/kubeadm-init.yaml`]: renderKubeadmInit(mirror),
      [`${SETTINGS}/patches/etcd.yaml`]: readAsset("mx-azure/vm/etcd.yaml"),
      [`${SETTINGS}/patches/kube-apiserver.yaml`]: readAsset("mx-azure/vm/kube-apiserver.yaml"),
      [`${SETTINGS}/flannel.yaml`]: renderTailnetFlannel("@TAILNET_ADDRESS@", {
        // A node bundle brings the plugin, and no image of it.
        bringsPlugin: mirror === undefined,
      }),
      [`${SETTINGS}/crds.yaml`]: renderCrds(),
      ...renderMirrorFiles(mirror),
      ...bootstrapAssets(SETTINGS, "modules.conf", "sysctl.conf", "containerd-1.toml", "containerd-2.toml"),
      ...bootstrapAssets(SETTINGS, "kubelet.service", "10-kubeadm.conf"),
      ...bootstrapAssets(LIBRARY, "configure-kernel.sh", "install-containerd.sh", "install-packages.sh"),
      ...bootstrapAssets(LIBRARY, "install-bundle.sh"),
      [`${LIBRARY}/install-tailscale.sh`]: readAsset("providers/azure/vm/install-tailscale.sh"),
      [`${LIBRARY}/mx-bootstrap.sh`]: readAsset("mx-azure/vm/mx-bootstrap.sh"),
      "/etc/systemd/system/stargate-mx.service": readAsset("mx-azure/vm/stargate-mx.service"),
    }),
  );
}

/** kubeadm's configuration. With a mirror, of the images that are there, and without a look at a registry. */
function renderKubeadmInit(mirror: MirrorControlPlane | undefined): string {
  const text = readAsset("mx-azure/vm/kubeadm-init.yaml");
  if (mirror === undefined) return text;
  const documents = parseAllDocuments(text);
  const tagOf = (name: string): string | undefined =>
    mirror.node.files
      .find(({ image }) => image?.includes(`/${name}:`) === true)
      ?.image?.split(":")
      .at(-1);
  for (const document of documents) {
    if (document.get("kind") === "InitConfiguration") {
      document.setIn(["nodeRegistration", "imagePullPolicy"], "Never");
    } else {
      document.setIn(["etcd", "local", "imageTag"], mirror.controlPlane.etcdTag);
      document.setIn(["dns", "imageTag"], tagOf("coredns"));
    }
  }
  return documents.map((document) => document.toString({ directives: false })).join("---\n");
}

/** What makes workers of hosts makes a control plane of one as well. */
function bootstrapAssets(folder: string, ...names: string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => [`${folder}/${name}`, readAsset(`bootstrap/scripts/${name}`)]),
  );
}
