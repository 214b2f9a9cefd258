import type { Answer } from "../core/answer.ts";
import type { Arm } from "../core/arm.ts";
import { isoTime } from "../core/clock.ts";
import { compact, type Json } from "../core/json.ts";
import type { Resource } from "../core/store.ts";
import { osDiskOf } from "./create-vm.ts";
import { statusesOf } from "./show-vm.ts";
import { readVm } from "./vm-body.ts";

/** What Azure knows of a VM at the moment: power, agent, disks. */
export async function showInstanceView(arm: Arm, vm: Resource): Promise<Answer> {
  const guest = arm.guests.get(vm.id.toLowerCase());
  const isRunning = guest?.power === "running";
  const agentIsReady = isRunning && (await guest.backend.agentIsReady());
  const disk = osDiskOf(arm, vm);
  const time = isoTime(arm.clock.now());
  const body = compact({
    computerName: agentIsReady ? readVm(vm.properties).osProfile?.computerName : undefined,
    osName: agentIsReady ? "ubuntu" : undefined,
    hyperVGeneration: "V2",
    vmAgent: isRunning
      ? { vmAgentVersion: agentIsReady ? "2.15.0.1" : "Unknown", statuses: [agentStatus(agentIsReady, time)] }
      : undefined,
    disks:
      disk === undefined
        ? undefined
        : [
            {
              name: disk.name,
              statuses: [
                {
                  code: "ProvisioningState/succeeded",
                  level: "Info",
                  displayStatus: "Provisioning succeeded",
                  time,
                },
              ],
            },
          ],
    bootDiagnostics:
      readVm(vm.properties).diagnosticsProfile?.bootDiagnostics?.enabled === true ? {} : undefined,
    statuses: statusesOf(arm, vm),
  });
  return { status: 200, body };
}

function agentStatus(isReady: boolean, time: string): Json {
  return isReady
    ? {
        code: "ProvisioningState/succeeded",
        level: "Info",
        displayStatus: "Ready",
        message: "Guest Agent is running",
        time,
      }
    : {
        code: "ProvisioningState/Unavailable",
        level: "Warning",
        displayStatus: "Not Ready",
        message: "VM status blob is found but not yet populated.",
        time,
      };
}
