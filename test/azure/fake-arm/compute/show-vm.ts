import type { Call } from "../core/answer.ts";
import type { Arm } from "../core/arm.ts";
import { isoTime } from "../core/clock.ts";
import { objectIn, type JsonObject } from "../core/json.ts";
import type { Resource } from "../core/store.ts";

/** A VM's properties without what Azure never gives back: custom data and password. */
export function showVm(arm: Arm, vm: Resource, call?: Call): JsonObject {
  const { customData: _data, adminPassword: _password, ...osProfile } = objectIn(vm.properties, "osProfile");
  const shown: JsonObject = {
    ...vm.properties,
    osProfile,
    provisioningState: vm.state,
    timeCreated: isoTime(vm.createdAt),
  };
  if (call?.query.get("$expand")?.toLowerCase() !== "instanceview") return shown;
  return { ...shown, instanceView: { statuses: statusesOf(arm, vm) } };
}

const POWER_TEXT = {
  starting: "VM starting",
  running: "VM running",
  stopping: "VM stopping",
  stopped: "VM stopped",
  deallocating: "VM deallocating",
  deallocated: "VM deallocated",
};

/** Provisioning and power state, as instance views tell them. */
export function statusesOf(arm: Arm, vm: Resource): JsonObject[] {
  const guest = arm.guests.get(vm.id.toLowerCase());
  const provisioning = {
    code: `ProvisioningState/${vm.state.toLowerCase()}`,
    level: vm.state === "Failed" ? "Error" : "Info",
    displayStatus: vm.state === "Failed" ? "Provisioning failed" : `Provisioning ${vm.state.toLowerCase()}`,
    time: isoTime(arm.clock.now()),
  };
  if (guest === undefined) return [provisioning];
  return [
    provisioning,
    { code: `PowerState/${guest.power}`, level: "Info", displayStatus: POWER_TEXT[guest.power] },
  ];
}
