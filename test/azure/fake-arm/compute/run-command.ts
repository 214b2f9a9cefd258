import { z } from "zod";
import type { Answer, Call } from "../core/answer.ts";
import type { Arm, Guest } from "../core/arm.ts";
import { ArmError } from "../core/arm-error.ts";
import { accepted } from "../core/resource-calls.ts";
import type { Resource } from "../core/store.ts";
import { requireGuest, requireRunning } from "./vm-actions.ts";
import type { ScriptResult } from "./vm-backend.ts";
import { invalid } from "./vm-body.ts";

const RunCommandBody = z.strictObject({
  commandId: z.enum(["RunShellScript"]),
  script: z.array(z.string()).optional(),
  parameters: z.array(z.strictObject({ name: z.string(), value: z.string() })).default([]),
});

/** Azure gives back no more than the end of what a script prints. */
const MAX_OUTPUT = 4096;

/** Runs a script in the guest through its agent: one at a time, and only where the agent answers. */
export function runCommand(arm: Arm, vm: Resource, call: Call): Answer {
  const body = RunCommandBody.safeParse(call.body);
  if (!body.success) throw invalid("commandId", `The run command input is not valid: ${body.error.message}`);
  const guest = requireGuest(arm, vm);
  requireRunning(vm, guest, "runCommand");
  const running = arm.operations
    .running()
    .find(({ title, writes }) => title === "runCommand" && writes[0] === `${vm.id}#run`);
  if (running !== undefined) {
    throw new ArmError(
      409,
      "Conflict",
      "Run command extension execution is in progress. Please wait for completion before invoking a run command.",
    );
  }
  if (arm.operations.writing(vm.id) !== undefined) {
    throw new ArmError(
      409,
      "Conflict",
      "The request failed due to conflict with a concurrent request. To resolve it, please refer to https://aka.ms/activitylog to get more details on the conflicting requests.",
    );
  }
  const failure = arm.plannedFailure;
  arm.plannedFailure = undefined;
  const parameters = Object.fromEntries(body.data.parameters.map(({ name, value }) => [name, value]));
  const run = startScript(vm, guest, (body.data.script ?? []).join("\n"), parameters);
  return accepted(
    arm,
    arm.operations.start({
      owner: "Microsoft.Compute",
      location: vm.location ?? "",
      title: "runCommand",
      durationMs: arm.settings.durations.runCommand,
      writes: [`${vm.id}#run`],
      work: run.work,
      failure,
      finish: (failed) => (failed === undefined ? { value: [describe(run.result)] } : undefined),
    }),
  );
}

function startScript(
  vm: Resource,
  guest: Guest,
  script: string,
  parameters: Record<string, string>,
): { work: Promise<void>; result: ScriptResult } {
  const run = { work: Promise.resolve(), result: { exitCode: 0, stdout: "", stderr: "" } };
  run.work = (async () => {
    if (!(await guest.backend.agentIsReady())) {
      throw new ArmError(
        409,
        "VMAgentStatusCommunicationError",
        `VM '${vm.name}' has not reported status for VM agent or extensions. Verify that the OS is up and healthy, the VM has a running VM agent, and that it can establish outbound connections to Azure storage. Please refer to https://aka.ms/vmextensionlinuxtroubleshoot for additional VM agent troubleshooting information.`,
      );
    }
    run.result = await guest.backend.runScript(script, parameters);
  })();
  return run;
}

function describe({ exitCode, stdout, stderr }: ScriptResult): Record<string, string> {
  const said =
    exitCode === 0
      ? "Enable succeeded: "
      : `Enable failed: failed to execute command: command terminated with exit status=${exitCode}`;
  return {
    code: "ProvisioningState/succeeded",
    level: "Info",
    displayStatus: "Provisioning succeeded",
    message: `${said}\n[stdout]\n${stdout.slice(-MAX_OUTPUT)}\n[stderr]\n${stderr.slice(-MAX_OUTPUT)}`,
  };
}
