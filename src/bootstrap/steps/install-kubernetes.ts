import { StargateError } from "../../lib/errors.ts";
import type { NodeBundle } from "../../toolchain/node-bundle.ts";
import { packageRepository } from "../package-repository.ts";
import { runStepScript, scriptText, UNREACHABLE, type StepContext } from "../step-context.ts";

/** kubelet, kubeadm, the CNI plugins, and from a bundle the images too. */
export function installKubernetes(ctx: StepContext): Promise<"done" | "skipped"> {
  const { bundle } = ctx.facts;
  if (bundle !== undefined) return runStepScript(ctx, "install-bundle.sh", bundleInputs(bundle));
  const { url, minor } = packageRepository(ctx.work.kubernetesVersion);
  const inputs = { VERSION: ctx.work.kubernetesVersion, MINOR: minor, URL: url };
  return runStepScript(ctx, "install-packages.sh", inputs, {
    [UNREACHABLE]: {
      reason: "ArtifactsUnreachable",
      message: `packages cannot be had from ${url}`,
      remedy: "Give the host a way there, or use artifactSource ControllerCache in its profile.",
      retriable: true,
    },
    106: {
      reason: "VersionNotFound",
      message: `${url} has no kubelet ${ctx.work.kubernetesVersion}`,
      remedy: "Set kubernetesVersion of the profile to a version that was released.",
    },
  });
}

/** What install-bundle.sh needs to know of a bundle. */
export function bundleInputs(bundle: NodeBundle): Record<string, string> {
  const checksumOf = (kind: "programs" | "cni-plugins"): string => {
    const found = bundle.files.find((file) => file.kind === kind);
    if (found === undefined) {
      throw new StargateError("BundleInvalid", `Cannot install a node bundle: it has no ${kind}`, {
        remedy: "Make the bundle again: bin/stargate toolchain.",
      });
    }
    return found.sha256;
  };
  const images = bundle.files.filter((file) => file.kind === "image");
  return {
    PROGRAMS: checksumOf("programs"),
    CNI_PLUGINS: checksumOf("cni-plugins"),
    // The largest first: what is done side by side then ends at about the same time.
    IMAGES: images
      .toSorted((a, b) => b.bytes - a.bytes)
      .map((file) => `${file.sha256} ${file.image ?? file.name}`)
      .join("\n"),
    KUBELET_SERVICE: scriptText("kubelet.service"),
    KUBEADM_DROPIN: scriptText("10-kubeadm.conf"),
  };
}
