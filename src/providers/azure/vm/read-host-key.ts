import { StargateError } from "../../../lib/errors.ts";
import { retry } from "../../../lib/retry.ts";
import type { Arm } from "../arm/arm.ts";
import type { AzureContext } from "../arm/ensure-resource.ts";
import type { VmRef } from "./run-command.ts";
import { settleVm } from "./settle-vm.ts";

/** An agent that does not answer so long may never do: from then on the serial console is looked at too. */
const AGENT_PATIENCE_MS = 120_000;
const TIMEOUT_MS = 20 * 60_000;

/**
 * The SSH host key of a VM once cloud-init has done its work, through Azure's control plane: by run-command, or where
 * the agent does not answer or the login may not run commands, out of boot diagnostics.
 * @throws StargateError as settleVm, and HostKeyUnknown
 */
export async function readHostKey(vm: VmRef, ctx: AzureContext): Promise<string> {
  const { arm, world } = ctx;
  const read = async (): Promise<string> => {
    try {
      return (await settleVm(vm, undefined, undefined, ctx, AGENT_PATIENCE_MS)).hostKey;
    } catch (error) {
      if (!hasReason(error, "AzureAgentNotReady", "AzureRoleMissing")) throw error;
      const log = await readBootLog(arm, vm).catch(() => undefined);
      if (log === undefined) throw error;
      const { hostKey, isFinished } = parseBootLog(log);
      if (hostKey === undefined || !isFinished) throw notYet(vm, error);
      world.progress.say(
        `The host key of ${vm.name} comes from its serial console: its agent did not tell it`,
      );
      return hostKey;
    }
  };
  return retry(read, {
    timeoutMs: TIMEOUT_MS,
    minDelayMs: 5_000,
    maxDelayMs: 15_000,
    isRetriable: (error) => hasReason(error, "AzureAgentNotReady", "HostKeyUnknown"),
    signal: world.signal,
    clock: world.clock,
  });
}

function notYet({ name }: VmRef, cause: unknown): StargateError {
  return new StargateError("HostKeyUnknown", `VM ${name} has not shown its SSH host key`, {
    retriable: true,
    cause,
    remedy:
      "Look at its boot diagnostics (`az vm boot-diagnostics get-boot-log`); delete the VM and run the command again.",
  });
}

function hasReason(error: unknown, ...reasons: string[]): boolean {
  return error instanceof StargateError && reasons.includes(error.reason);
}

/** What the VM wrote to its serial console. */
async function readBootLog(arm: Arm, { resourceGroup, name }: VmRef): Promise<string | undefined> {
  const { serialConsoleLogBlobUri } = await arm.call(`Cannot read the boot diagnostics of VM ${name}`, () =>
    arm.compute.virtualMachines.retrieveBootDiagnosticsData(resourceGroup, name),
  );
  return serialConsoleLogBlobUri === undefined ? undefined : arm.fetchText(serialConsoleLogBlobUri);
}

/** The keys that cloud-init shows, of the newest boot. Pure. */
export function parseBootLog(log: string): { hostKey: string | undefined; isFinished: boolean } {
  const begin = log.lastIndexOf("-----BEGIN SSH HOST KEY KEYS-----");
  const end = log.indexOf("-----END SSH HOST KEY KEYS-----", begin);
  if (begin === -1 || end === -1) return { hostKey: undefined, isFinished: false };
  // Lines of other programs, and time stamps, may stand between.
  const [hostKey] = /ssh-ed25519 [A-Za-z0-9+/]{68}(?![A-Za-z0-9+/])={0,2}/.exec(log.slice(begin, end)) ?? [];
  return { hostKey, isFinished: /Cloud-init v\. .* finished/.test(log.slice(begin)) };
}
