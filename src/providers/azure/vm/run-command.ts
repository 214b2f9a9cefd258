import { StargateError } from "../../../lib/errors.ts";
import { lastLines } from "../../../lib/exec.ts";
import { exportLines } from "../../../remote/quote.ts";
import type { Script } from "../../../remote/host.ts";
import type { Arm } from "../arm/arm.ts";

export interface VmRef {
  resourceGroup: string;
  name: string;
}

/**
 * Runs a script as root on a VM through Azure's agent, and returns what it wrote to standard output (Azure keeps the
 * last 4 KB). A way in that needs neither network nor keys. The script stays on the VM's disk, readable by root: a
 * secret in its inputs must be worthless afterwards.
 * @throws StargateError RunCommandFailed
 */
export async function runOnVm(
  arm: Arm,
  vm: VmRef,
  script: Script,
  /** For how long an agent is waited for that does not answer. */
  waitForAgentMs?: number,
): Promise<string> {
  const action = `Cannot run ${script.name} on VM ${vm.name}`;
  const result = await arm.run(
    action,
    () =>
      arm.compute.virtualMachines.runCommand(vm.resourceGroup, vm.name, {
        commandId: "RunShellScript",
        script: withInputs(script).split("\n"),
      }),
    waitForAgentMs,
  );
  const { output, errors, isFailed } = parseRunCommand(
    result?.value?.map(({ message }) => message ?? "") ?? [],
  );
  if (!isFailed) return output;
  const said = lastLines(errors === "" ? output : errors, 3);
  throw new StargateError("RunCommandFailed", `${action}: it failed${said === "" ? "" : ` (${said})`}`, {
    remedy: "Run the command again; if it stays so, look at the VM's boot diagnostics.",
  });
}

/** The interpreter must stay in the first line; inputs come right after it. */
function withInputs({ text, inputs }: Script): string {
  const [first = "", ...rest] = text.split("\n");
  return [first, exportLines(inputs).trimEnd(), ...rest].join("\n");
}

/** "Enable succeeded: \n[stdout]\n…\n[stderr]\n…", in one message or one for each. */
export function parseRunCommand(messages: readonly string[]): {
  output: string;
  errors: string;
  isFailed: boolean;
} {
  const text = messages.join("\n");
  const [head, afterHead] = splitOnce(text, "[stdout]\n");
  const [output, errors] = splitOnce(afterHead, "[stderr]\n");
  return {
    output: output.trim(),
    errors: errors.trim(),
    isFailed: /enable failed|terminated with exit status=[1-9]/i.test(head),
  };
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}
