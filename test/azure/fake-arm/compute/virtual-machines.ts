import { virtualMachineDeserializer } from "../../../../node_modules/@azure/arm-compute/dist/esm/models/compute/models.js";
import type { Arm } from "../core/arm.ts";
import type { Kind, Prepared, PutRequest } from "../core/kind.ts";
import { nicIdsOf } from "../network/interfaces.ts";
import { COMPUTE_API_VERSIONS, computeKind } from "./compute-kind.ts";
import { bootNewVm, checkNewVm, completeVm } from "./create-vm.ts";
import { deleteVm } from "./delete-vm.ts";
import { showVm } from "./show-vm.ts";
import { updateVm } from "./update-vm.ts";
import { reserveInterfaces } from "./vm-network.ts";

export const virtualMachines: Kind = {
  ...computeKind,
  owner: "Microsoft.Compute",
  type: "Microsoft.Compute/virtualMachines",
  apiVersions: COMPUTE_API_VERSIONS,
  model: virtualMachineDeserializer,
  name: {
    pattern: /^(?=.{1,64}$)[a-zA-Z0-9]([\w.-]*\w)?$/,
    rule: "It may have 64 characters: letters, digits, '_', '.' and '-'.",
  },
  topMembers: ["zones", "plan", "identity", "extendedLocation", "placement"],
  title: "PutVirtualMachine",
  durationMs: (arm) => arm.settings.durations.vmCreate,
  prepare: (arm, request) => {
    const { existing } = request;
    if (existing === undefined) return createVm(arm, request);
    // One that could not be made before is made now.
    const update = updateVm(arm, request);
    return arm.guests.has(existing.id.toLowerCase()) ? update : createVm(arm, request);
  },
  remove: deleteVm,
  show: showVm,
};

function createVm(arm: Arm, request: PutRequest): Prepared {
  const plan = checkNewVm(arm, request);
  const properties = completeVm(arm, request, plan);
  return {
    properties,
    failure: plan.failure,
    onAccept: (vm, failure) => bootNewVm(arm, vm, plan, failure),
    onEnd: (failure) => {
      const vm = arm.store.get(request.target.id);
      if (vm === undefined) return;
      const guest = arm.guests.get(vm.id.toLowerCase());
      if (failure !== undefined) reserveInterfaces(arm, vm, nicIdsOf(properties));
      else if (guest !== undefined) guest.power = "running";
    },
  };
}
