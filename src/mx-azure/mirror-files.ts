import type { BundleFile } from "../toolchain/node-bundle.ts";
import { mirrorFolders } from "../toolchain/mirror/mirror-manifest.ts";
import type { MirrorControlPlane } from "../toolchain/mirror/read-mirror.ts";

/** Images of a node bundle that are for demonstrations and not for nodes. */
const LEFT_OUT = /\/agnhost:/;

/** What mx-bootstrap.sh fetches from a mirror, and what it makes of it. Pure. */
export function listMirrorFiles({ node, controlPlane }: MirrorControlPlane): Record<string, string> {
  const { kubernetesVersion, architecture } = controlPlane;
  const nodeFolder = mirrorFolders.node(kubernetesVersion, architecture);
  const controlPlaneFolder = mirrorFolders.controlPlane(kubernetesVersion, architecture);
  const nodeFiles = node.files.filter(({ image }) => image === undefined || !LEFT_OUT.test(image));
  const [firstImage = ""] = controlPlane.images;
  return {
    FILES: [
      ...nodeFiles.map(({ sha256, name }) => `${sha256} ${nodeFolder}/${name}`),
      ...[controlPlane.kubectl, controlPlane.imageArchive].map(
        ({ sha256, name }) => `${sha256} ${controlPlaneFolder}/${name}`,
      ),
    ].join("\n"),
    PROGRAMS: checksumOf(nodeFiles, "programs"),
    CNI_PLUGINS: checksumOf(nodeFiles, "cni-plugins"),
    IMAGES: [
      `${controlPlane.imageArchive.sha256} ${firstImage}`,
      ...nodeFiles.flatMap(({ sha256, image }) => (image === undefined ? [] : [`${sha256} ${image}`])),
    ].join("\n"),
    KUBECTL: controlPlane.kubectl.sha256,
  };
}

function checksumOf(files: readonly BundleFile[], kind: BundleFile["kind"]): string {
  return files.find((file) => file.kind === kind)?.sha256 ?? "";
}
