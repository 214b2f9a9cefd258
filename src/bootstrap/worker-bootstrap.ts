import type { ProvisioningProfile } from "../api/v1alpha1/provisioning-profile.ts";
import type { Server } from "../api/v1alpha1/server.ts";
import type { ControlPlane } from "../control-plane/control-plane.ts";
import { stopDurable } from "../remote/durable-script.ts";
import type { Host } from "../remote/host.ts";
import { rebootHost } from "./reboot-host.ts";
import type { BundleFolder, Facts, ScriptContext, StepContext } from "./step-context.ts";
import { cleanHost } from "./steps/clean-host.ts";
import { configureKernel } from "./steps/configure-kernel.ts";
import { inspectHost } from "./steps/inspect-host.ts";
import { installContainerd } from "./steps/install-containerd.ts";
import { installKubernetes } from "./steps/install-kubernetes.ts";
import { joinCluster } from "./steps/join-cluster.ts";
import { resetNode } from "./steps/reset-node.ts";
import { runCustomScript } from "./steps/run-custom-script.ts";
import { sendArtifacts } from "./steps/send-artifacts.ts";

/** Which host is meant. */
export interface HostRequest {
  work: BootstrapWork;
  host: Host;
}

/** What is to become of it. */
export interface BootstrapRequest extends HostRequest {
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

interface Step<Context> {
  name: string;
  title: string;
  run: (ctx: Context) => Promise<"done" | "skipped">;
  /** True where it changes nothing that a running node would notice. */
  isPreparation?: boolean;
  /** Absent: always. */
  isWanted?: (profile: ProvisioningProfile) => boolean;
}

/** In this order; the last one joins the cluster. */
const STEPS: readonly Step<StepContext>[] = [
  { name: "inspect-host", title: "Look at what the host is", run: inspectHost, isPreparation: true },
  {
    name: "send-artifacts",
    title: "Bring programs and images to the host",
    run: sendArtifacts,
    isPreparation: true,
  },
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

/** In this order; they leave nothing of a node. */
const CLEAN_STEPS: readonly Step<ScriptContext>[] = [
  { name: "reset-node", title: "Remove what makes it a node", run: resetNode },
  { name: "clean-host", title: "Remove what was installed", run: cleanHost },
];

/**
 * How a host becomes a worker, and how it stops being one: by steps that each find out whether their work is done, over
 * SSH only.
 */
export function createWorkerBootstrap({ bundleFolder }: { bundleFolder: BundleFolder }) {
  const wanted = (profile: ProvisioningProfile) => STEPS.filter((step) => step.isWanted?.(profile) ?? true);
  return {
    /** Names and titles of every step, in order, known before a host answers. */
    outline: ({ profile }: Pick<BootstrapWork, "profile">) => wanted(profile).map(outlineOf),

    steps(request: BootstrapRequest) {
      const facts: Facts = {};
      return wanted(request.work.profile).map((step) => ({
        ...outlineOf(step),
        run: (control: StepControl) =>
          step.run({ ...request, ...control, name: step.name, facts, bundleFolder }),
      }));
    },

    cleanOutline: () => CLEAN_STEPS.map(outlineOf),

    cleanSteps: (request: HostRequest) =>
      CLEAN_STEPS.map((step) => ({
        ...outlineOf(step),
        run: (control: StepControl) => step.run({ ...request, ...control, name: step.name }),
      })),

    reboot: rebootHost,

    stop: ({ host, ...what }: { host: Host; operationUid: string; graceMs: number }, signal: AbortSignal) =>
      stopDurable(host, what, signal),
  };
}

function outlineOf({ name, title, isPreparation = false }: Step<never>) {
  return { name, title, isPreparation };
}
