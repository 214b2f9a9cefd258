import { StargateError } from "../lib/errors.ts";
import { retry } from "../lib/retry.ts";
import type { World } from "../lib/world.ts";
import type { KubeClient } from "../kubernetes/client.ts";
import type { AzureContext } from "../providers/azure/arm/ensure-resource.ts";
import type { VmRef } from "../providers/azure/vm/run-command.ts";
import { readMxStage } from "./report-mx.ts";

/** Packages, images, etcd's first start: five to ten minutes on a small VM, more on an emulated one. */
const BOOTSTRAP_TIMEOUT_MS = 40 * 60_000;
const API_TIMEOUT_MS = 5 * 60_000;

/**
 * Waits until the VM has made itself a control plane, and shows the step it is at.
 * @throws StargateError MxNotReady with the last line of its log
 */
export async function waitForControlPlane(
  vm: VmRef,
  { arm, world }: AzureContext,
  update: (detail: string) => void,
): Promise<void> {
  await retry(
    async () => {
      const { stage, lastLine } = await readMxStage(arm, vm);
      if (stage === "ready") return;
      update(stage);
      throw new StargateError(
        "MxNotReady",
        `${vm.name} is no control plane yet: it is at "${stage}" (${lastLine})`,
        {
          retriable: true,
          remedy: `Read /var/log/mx-bootstrap.log there (tailscale ssh ${vm.name}); run the command again to go on waiting.`,
        },
      );
    },
    {
      timeoutMs: BOOTSTRAP_TIMEOUT_MS,
      minDelayMs: 5_000,
      maxDelayMs: 15_000,
      isRetriable: (error) => error instanceof StargateError && error.reason === "MxNotReady",
      signal: world.signal,
      clock: world.clock,
    },
  );
}

/**
 * Waits until the API server answers over the tailnet, from this host, and returns its version.
 * @throws StargateError MxUnreachable
 */
export async function waitForApiServer(
  client: KubeClient,
  tailnetAddress: string,
  { signal, clock }: World,
): Promise<string> {
  try {
    return await retry(() => client.readVersion(signal), {
      timeoutMs: API_TIMEOUT_MS,
      minDelayMs: 500,
      maxDelayMs: 5_000,
      signal,
      clock,
    });
  } catch (error) {
    if (!(error instanceof StargateError)) throw error;
    throw new StargateError(
      "MxUnreachable",
      `The API server does not answer at https://${tailnetAddress}:6443`,
      {
        cause: error,
        remedy:
          "Bring this host into the tailnet too (tailscale up, or --tailnet-proxy for a userspace tailscaled), and let the " +
          "tailnet's policy allow it port 6443 there; then run the command again.",
      },
    );
  }
}
