import type { ProvisioningProfile } from "../api/v1alpha1/provisioning-profile.ts";
import type { Server } from "../api/v1alpha1/server.ts";
import type { ControlPlane } from "../control-plane/control-plane.ts";
import { stopDurable } from "../remote/durable-script.ts";
import type { Host } from "../remote/host.ts";
import type { BundleFolder, Facts, StepContext } from "./step-context.ts";
import { configureKernel } from "./steps/configure-kernel.ts";
import { inspectHost } from "./steps/inspect-host.ts";
import { installContainerd } from "./steps/install-containerd.ts";
import { installKubernetes } from "./steps/install-kubernetes.ts";
import { joinCluster } from "./steps/join-cluster.ts";
import { resetNode } from "./steps/reset-node.ts";
import { runCustomScript } from "./steps/run-custom-script.ts";
import { sendArtifacts } from "./steps/send-artifacts.ts";

/** What is to become of which host. */
export interface BootstrapRequest {
  work: BootstrapWork;
  host: Host;
  controlPlane: ControlPlane;
  /** Bootstrap token of this Operation. */
  token: string;
}

export interface BootstrapWork {
  operation: { metadata: { uid: string } };
  server: Server;
  profile: ProvisioningProfile;
  kubernetesVersion: string;
}

export interface StepControl {
  signal: AbortSignal;
  onLine: (line: string) => void;
}

interface Step {
  name: string;
  title: string;
  run: (ctx: StepContext) => Promise<"done" | "skipped">;
  /** Absent: always. */
  isWanted?: (profile: ProvisioningProfile) => boolean;
}

/** In this order; the last one joins the cluster. */
const STEPS: readonly Step[] = [
  { name: "inspect-host", title: "Look at what the host is", run: inspectHost },
  { name: "send-artifacts", title: "Bring programs and images to the host", run: sendArtifacts },
  { name: "reset-node", title: "Remove what made it a node before", run: resetNode },
  { name: "configure-kernel", title: "Configure the kernel", run: configureKernel },
  { name: "install-containerd", title: "Set up the container runtime", run: installContainerd },
  { name: "install-kubernetes", title: "Install Kubernetes", run: installKubernetes },
  {
    name: "run-custom-script",
    title: "Run the profile's own script",
    run: runCustomScript,
    isWanted: ({ spec }) => (spec.customBootstrapScript ?? "").trim() !== "",
  },
  { name: "join-cluster", title: "Join the cluster", run: joinCluster },
];

/** How a host becomes a worker: by steps that each find out whether their work is done, over SSH only. */
export function createWorkerBootstrap({ bundleFolder }: { bundleFolder: BundleFolder }) {
  const wanted = (profile: ProvisioningProfile) => STEPS.filter((step) => step.isWanted?.(profile) ?? true);
  return {
    /** Names and titles of every step, in order, known before a host answers. */
    outline: ({ profile }: Pick<BootstrapWork, "profile">) =>
      wanted(profile).map(({ name, title }) => ({ name, title })),

    steps(request: BootstrapRequest) {
      const facts: Facts = {};
      return wanted(request.work.profile).map(({ name, title, run }) => ({
        name,
        title,
        run: (control: StepControl) => run({ ...request, ...control, name, facts, bundleFolder }),
      }));
    },

    /** Stops what an earlier run left going on the host. */
    stop: (host: Host, operationUid: string, signal: AbortSignal) => stopDurable(host, operationUid, signal),
  };
}
