import { isIPv4 } from "node:net";
import { UsageError } from "../lib/errors.ts";
import type { LabState } from "../lab/lab-state.ts";
import type { ControlPlaneMode } from "./control-plane.ts";

export const DEFAULT_API_SERVER_PORT = 6443;
/** Container of the kind cluster that scripts/create-mx-cluster.sh makes. */
export const DEFAULT_KIND_CONTAINER = "stargate-demo-control-plane";

/** What was said on the command line, and what there is. */
export interface ControlPlaneChoice {
  mode: ControlPlaneMode | undefined;
  ip: string | undefined;
  hostname: string | undefined;
  port: number | undefined;
  /** --kubeconfig. */
  kubeconfig: string | undefined;
  /** KUBECONFIG: counts where neither a flag nor a lab says what is meant. */
  kubeconfigOfEnv: string | undefined;
  /** There is a ~/.kube/config: what is meant where nothing else says anything. */
  hasUsualKubeconfig: boolean;
  lab: LabState | undefined;
}

/** Where workers join. In kind's case its tailnet address may have to be asked of the container first. */
export type ControlPlanePlan = {
  /** Undefined: what KUBECONFIG (perhaps a list of files) or ~/.kube/config says. */
  kubeconfig: string | undefined;
} & (
  | { mode: "embedded"; server: string; lab: LabState }
  | { mode: "tailscale"; server: string }
  | { mode: "kind"; server: string | undefined; container: string; port: number }
);

/**
 * Pure: which control plane is meant. A mode that was named is taken; else an address means tailscale, a lab without
 * another kubeconfig means embedded, a kubeconfig alone means kind.
 * @throws UsageError where what was said does not fit together, or does not say enough
 */
export function decideControlPlane(choice: ControlPlaneChoice): ControlPlanePlan {
  checkAddress(choice);
  const { kubeconfig } = choice;
  switch (choice.mode ?? guessMode(choice)) {
    case "embedded":
      return embedded(choice);
    case "tailscale": {
      const host = choice.ip ?? choice.hostname;
      if (host === undefined) {
        throw new UsageError(
          "Cannot reach the control plane in mode tailscale: its address is not given",
          "Add --control-plane-ip with the address that `tailscale ip -4` prints on the control plane.",
        );
      }
      return { mode: "tailscale", server: apiServerUrl(host, choice.port), kubeconfig };
    }
    case "kind":
      return {
        mode: "kind",
        server: choice.ip === undefined ? undefined : apiServerUrl(choice.ip, choice.port),
        container: choice.hostname ?? DEFAULT_KIND_CONTAINER,
        port: choice.port ?? DEFAULT_API_SERVER_PORT,
        kubeconfig,
      };
  }
}

function guessMode(choice: ControlPlaneChoice): ControlPlaneMode {
  const { ip, hostname, lab, kubeconfig } = choice;
  if (ip !== undefined || hostname !== undefined) return "tailscale";
  if (lab !== undefined && (kubeconfig === undefined || kubeconfig === lab.kubeconfigPath)) return "embedded";
  if ((kubeconfig ?? choice.kubeconfigOfEnv) !== undefined || choice.hasUsualKubeconfig) return "kind";
  throw new UsageError(
    "Cannot tell which cluster to serve: there is no lab here and no kubeconfig was given",
    "Run `stargate lab up` first, or name a cluster with --kubeconfig and --control-plane-mode.",
  );
}

function embedded({ ip, hostname, port, lab, kubeconfig }: ControlPlaneChoice): ControlPlanePlan {
  if (lab === undefined) {
    throw new UsageError(
      "Cannot use control plane mode embedded: there is no lab here",
      "Run `stargate lab up` first.",
    );
  }
  if (ip !== undefined || hostname !== undefined || port !== undefined) {
    throw new UsageError(
      "Cannot use a control plane address in mode embedded: the lab has its own",
      "Leave out --control-plane-ip, --control-plane-hostname and --control-plane-port, or use --control-plane-mode tailscale.",
    );
  }
  return { mode: "embedded", server: lab.workerApiServer, lab, kubeconfig: kubeconfig ?? lab.kubeconfigPath };
}

export function apiServerUrl(host: string, port = DEFAULT_API_SERVER_PORT): string {
  return `https://${host}:${port}`;
}

function checkAddress({ ip }: ControlPlaneChoice): void {
  if (ip !== undefined && !isIPv4(ip)) {
    throw new UsageError(`Cannot use --control-plane-ip "${ip}": it is not an IPv4 address`);
  }
}
