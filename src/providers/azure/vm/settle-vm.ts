import { readAsset } from "../../../lib/assets.ts";
import { StargateError } from "../../../lib/errors.ts";
import { retry } from "../../../lib/retry.ts";
import type { AzureContext } from "../arm/ensure-resource.ts";
import { runOnVm, type VmRef } from "./run-command.ts";

/** Installing packages at first boot takes minutes. */
const FIRST_BOOT_TIMEOUT_MS = 20 * 60_000;

/** How a VM is to be in the tailnet. */
export interface TailnetMembership {
  loginServer: string | undefined;
  /** For `tailscale up` and `tailscale set`. */
  flags: readonly string[];
}

/** What settle-vm.sh found. */
export interface VmFacts {
  hostKey: string;
  /** BackendState of its tailscaled; undefined where it is to be no member. */
  tailnet: string | undefined;
  tailnetAddress: string | undefined;
  /** Its full name in the tailnet, without the dot at its end. */
  tailnetName: string | undefined;
}

/**
 * Waits until cloud-init has done its work on a VM, has its place in the tailnet set right where it has one, and returns
 * what it is. Its host key comes through Azure's control plane, so the first contact by SSH can trust it.
 * @throws StargateError CloudInitFailed, RunCommandFailed
 */
export async function settleVm(
  vm: VmRef,
  membership: TailnetMembership | undefined,
  authKey: string | undefined,
  { arm, world }: AzureContext,
  waitForAgentMs?: number,
): Promise<VmFacts> {
  const script = {
    name: "settle-vm",
    text: readAsset("providers/azure/vm/settle-vm.sh"),
    inputs: {
      LOGIN_SERVER: membership?.loginServer ?? "",
      TAILNET_FLAGS: membership?.flags.join("\n") ?? "",
      TAILNET_KEY: authKey ?? "",
    },
  };
  return retry(async () => parseVmFacts(vm.name, await runOnVm(arm, vm, script, waitForAgentMs)), {
    timeoutMs: FIRST_BOOT_TIMEOUT_MS,
    minDelayMs: 2_000,
    maxDelayMs: 10_000,
    isRetriable: (error) => error instanceof StargateError && error.reason === "CloudInitRunning",
    signal: world.signal,
    clock: world.clock,
  });
}

/** @throws StargateError CloudInitRunning (retriable), CloudInitFailed, RunCommandFailed for an answer without a key */
export function parseVmFacts(name: string, output: string): VmFacts {
  const facts = new Map(
    output.split("\n").map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1).trim()];
    }),
  );
  const cloudInit = facts.get("cloud-init");
  if (cloudInit === "running") {
    throw new StargateError("CloudInitRunning", `VM ${name} has not finished its first boot`, {
      retriable: true,
      remedy: "Run the command again to go on waiting.",
    });
  }
  if (cloudInit !== "done") {
    throw new StargateError("CloudInitFailed", `The first boot of VM ${name} failed`, {
      remedy:
        "Look at its boot diagnostics (`az vm boot-diagnostics get-boot-log`); delete the VM and run the command again.",
    });
  }
  const hostKey = facts.get("host-key") ?? "";
  if (!/^ssh-ed25519 [A-Za-z0-9+/=]+$/.test(hostKey)) {
    throw new StargateError("RunCommandFailed", `VM ${name} did not tell its SSH host key`, {
      remedy:
        "Run the command again; if it stays so, its image has no OpenSSH server: choose another --image.",
    });
  }
  return {
    hostKey,
    tailnet: facts.get("tailnet"),
    tailnetAddress: facts.get("tailnet-address"),
    tailnetName: facts.get("tailnet-name")?.replace(/\.$/, ""),
  };
}
