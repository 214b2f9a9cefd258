import { isIPv4 } from "node:net";
import { StargateError } from "../lib/errors.ts";
import { exec as execHere, type ExecOptions, type ExecResult } from "../lib/exec.ts";
import type { ControlPlane } from "./control-plane.ts";
import { apiServerUrl, type ControlPlanePlan } from "./decide-control-plane.ts";

/**
 * What kind writes into the kubelet-config that every joining kubelet downloads fits kind's own nodes in containers,
 * not a host: these are the kubelet's defaults again.
 */
const KIND_KUBELET_OVERRIDES = {
  cgroupRoot: "/",
  failSwapOn: true,
  imageGCHighThresholdPercent: 85,
  evictionHard: {
    "imagefs.available": "15%",
    "imagefs.inodesFree": "5%",
    "memory.available": "100Mi",
    "nodefs.available": "10%",
    "nodefs.inodesFree": "5%",
  },
} as const;

type Exec = (argv: readonly [string, ...string[]], options?: ExecOptions) => Promise<ExecResult>;

/** Completes a plan: the endpoint workers join, with the certificate authority that the kubeconfig trusts. */
export async function resolveControlPlane(
  plan: ControlPlanePlan,
  caPem: string,
  options: { signal?: AbortSignal | undefined; exec?: Exec } = {},
): Promise<ControlPlane> {
  switch (plan.mode) {
    case "embedded":
      return { description: "the lab", server: plan.server, caPem, kubeletOverrides: {} };
    case "tailscale":
      return { description: plan.server, server: plan.server, caPem, kubeletOverrides: {} };
    case "kind":
      return {
        description: `kind cluster of ${plan.container}`,
        server: plan.server ?? (await kindServer(plan.container, plan.port, options)),
        caPem,
        kubeletOverrides: KIND_KUBELET_OVERRIDES,
      };
  }
}

async function kindServer(
  container: string,
  port: number,
  { signal, exec = execHere }: { signal?: AbortSignal | undefined; exec?: Exec },
): Promise<string> {
  const remedy =
    `Add --control-plane-ip, or run scripts/create-mx-cluster.sh, which installs Tailscale in ${container}; ` +
    "--control-plane-hostname names another container.";
  const address = await exec(["docker", "exec", container, "tailscale", "ip", "-4"], {
    signal,
    timeoutMs: 20_000,
  }).catch((cause: unknown) => {
    throw new StargateError(
      "ControlPlaneAddressUnknown",
      `Cannot read the tailnet address of the kind cluster in ${container}`,
      { remedy, cause },
    );
  });
  const ip = address.stdout.trim().split("\n")[0] ?? "";
  if (!isIPv4(ip)) {
    throw new StargateError(
      "ControlPlaneAddressUnknown",
      `Cannot read the tailnet address of the kind cluster in ${container}: it answered "${ip}"`,
      { remedy },
    );
  }
  return apiServerUrl(ip, port);
}
