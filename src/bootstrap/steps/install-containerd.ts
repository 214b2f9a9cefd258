import { images } from "../../toolchain/node-bundle.ts";
import { packageRepository } from "../package-repository.ts";
import { runStepScript, scriptText, UNREACHABLE, type StepContext } from "../step-context.ts";

/** The container runtime, configured and running. */
export function installContainerd(ctx: StepContext): Promise<"done" | "skipped"> {
  const inputs = {
    SANDBOX_IMAGE: ctx.facts.bundle?.sandboxImage ?? images.pause,
    CONFIG_1: scriptText("containerd-1.toml"),
    CONFIG_2: scriptText("containerd-2.toml"),
    MINOR: packageRepository(ctx.work.kubernetesVersion).minor,
  };
  return runStepScript(ctx, "install-containerd.sh", inputs, {
    [UNREACHABLE]: {
      reason: "ArtifactsUnreachable",
      message: "the container runtime or a tool beside it is missing, and apt cannot install it",
      remedy: "Give the host a way to its package repositories, or an image that has containerd already.",
      retriable: true,
    },
    105: {
      reason: "UnsupportedRuntime",
      message: "its containerd does not go with this version of Kubernetes",
      remedy:
        "Install containerd 2.x on the host (1.6 and 1.7 do up to Kubernetes 1.37), or remove it: then the distribution's is installed.",
    },
  });
}
