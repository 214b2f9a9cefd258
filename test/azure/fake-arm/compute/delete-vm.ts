import type { Answer, Call } from "../core/answer.ts";
import type { Arm } from "../core/arm.ts";
import { accepted, startDelete } from "../core/resource-calls.ts";
import { objectIn, referenceIn, textIn } from "../core/json.ts";
import { isSameId, type Resource } from "../core/store.ts";
import { ipConfigurationsOf } from "../network/addresses.ts";
import { nicIdsOf } from "../network/interfaces.ts";
import { osDiskOf } from "./create-vm.ts";
import { virtualMachines } from "./virtual-machines.ts";
import { readVm } from "./vm-body.ts";

/** Deletes a VM, and with it what its body says goes with it. A running create gives way; a running delete goes on. */
export function deleteVm(arm: Arm, vm: Resource, call: Call): Answer {
  const running = arm.operations.writing(vm.id);
  if (running !== undefined && vm.state === "Deleting") return accepted(arm, running);
  if (running !== undefined) arm.operations.preempt(running);
  const { vmDelete } = arm.settings.durations;
  const isForced = call.query.get("forceDeletion") === "true";
  const guest = arm.guests.get(vm.id.toLowerCase());
  const attached = attachments(arm, vm);
  return accepted(
    arm,
    startDelete(arm, virtualMachines, vm, [vm.id, ...attached.map(({ resource }) => resource.id)], {
      durationMs: isForced ? vmDelete / 4 : vmDelete,
      ...(guest === undefined ? {} : { work: guest.backend.remove() }),
      onEnd: () => {
        if (arm.store.get(vm.id) !== undefined) return;
        arm.guests.delete(vm.id.toLowerCase());
        for (const one of attached) one.letGo();
      },
    }),
  );
}

interface Attachment {
  resource: Resource;
  letGo: () => void;
}

function attachments(arm: Arm, vm: Resource): Attachment[] {
  const { storageProfile, networkProfile } = readVm(vm.properties);
  const disk = osDiskOf(arm, vm);
  const diskGoes = storageProfile?.osDisk?.deleteOption === "Delete";
  const nics = nicIdsOf(vm.properties).flatMap((id) => arm.store.get(id) ?? []);
  return [
    ...(disk === undefined ? [] : [disk]).map((resource) => ({
      resource,
      letGo: () => {
        if (diskGoes) arm.store.delete(resource.id);
        else delete resource.top["managedBy"];
      },
    })),
    ...nics.map((resource) => ({
      resource,
      letGo: () => {
        const option = networkProfile?.networkInterfaces.find(({ id }) =>
          isSameId(id, resource.id),
        )?.properties;
        if (option?.deleteOption === "Delete") deleteInterface(arm, resource);
      },
    })),
  ];
}

/** Public addresses that say so go with their interface. */
function deleteInterface(arm: Arm, nic: Resource): void {
  for (const { body } of ipConfigurationsOf(nic)) {
    const publicIp = objectIn(objectIn(body, "properties"), "publicIPAddress");
    const id = referenceIn(objectIn(body, "properties"), "publicIPAddress");
    if (id !== undefined && textIn(objectIn(publicIp, "properties"), "deleteOption") === "Delete")
      arm.store.delete(id);
  }
  arm.store.delete(nic.id);
}
