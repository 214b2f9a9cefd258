import { z } from "zod";
import type { Answer, Call } from "../core/answer.ts";
import type { Arm, Guest } from "../core/arm.ts";
import { ArmError } from "../core/arm-error.ts";
import { refuseSecondWrite } from "../core/conflicts.ts";
import type { Json } from "../core/json.ts";
import { accepted } from "../core/resource-calls.ts";
import type { Resource } from "../core/store.ts";
import { zonesOf } from "../core/zones.ts";
import { allocationFailure, sizeOf } from "./check-capacity.ts";
import { decodeCustomData } from "./check-os-profile.ts";
import { newOsDisk, disks } from "./disks.ts";
import { osDiskOf } from "./create-vm.ts";
import { virtualMachines } from "./virtual-machines.ts";
import { invalid, readVm } from "./vm-body.ts";

type Action = (arm: Arm, vm: Resource, guest: Guest, call: Call) => Started;

interface Started {
  work: Promise<void>;
  /** Power while it runs, and after it. */
  during: Guest["power"];
  after: Guest["power"];
  failure?: ArmError | undefined;
  onEnd?: () => void;
}

/** What can be done to a VM by POST, without an answer of its own. */
export const vmActions: Record<string, Action> = {
  start: (arm, vm, guest) => ({
    work: guest.power === "running" ? Promise.resolve() : guest.backend.start(),
    during: guest.power === "running" ? "running" : "starting",
    after: "running",
    failure:
      guest.power === "deallocated"
        ? allocationFailure(arm, sizeOf(vm), vm.location ?? "", zonesOf(vm))
        : undefined,
  }),
  powerOff: (_arm, _vm, guest, call) => ({
    work: stop(guest, call.query.get("skipShutdown") !== "true"),
    during: "stopping",
    after: guest.power === "deallocated" ? "deallocated" : "stopped",
  }),
  deallocate: (_arm, _vm, guest) => ({
    work: stop(guest, true),
    during: "deallocating",
    after: "deallocated",
  }),
  restart: (_arm, vm, guest) => {
    requireRunning(vm, guest, "restart");
    return { work: guest.backend.restart(), during: "running", after: "running" };
  },
  redeploy: (_arm, _vm, guest) => ({ work: guest.backend.restart(), during: "starting", after: "running" }),
  reapply: (_arm, _vm, guest) => ({ work: Promise.resolve(), during: guest.power, after: guest.power }),
  reimage,
};

async function stop(guest: Guest, graceful: boolean): Promise<void> {
  if (guest.power === "running" || guest.power === "starting") await guest.backend.stop({ graceful });
}

const ReimageBody = z
  .strictObject({
    tempDisk: z.boolean().optional(),
    exactVersion: z.string().optional(),
    osProfile: z
      .strictObject({ adminPassword: z.string().optional(), customData: z.string().optional() })
      .optional(),
  })
  .default({});

/** A new OS disk from the same image. The old one goes or stays, as its deleteOption says. */
function reimage(arm: Arm, vm: Resource, guest: Guest, call: Call): Started {
  const body = ReimageBody.safeParse(call.body);
  if (!body.success)
    throw invalid("parameters", `The reimage parameters are not valid: ${body.error.message}`);
  const sent = body.data.osProfile?.customData;
  const customData = sent ?? readVm(vm.properties).osProfile?.customData;
  const bytes = customData === undefined ? undefined : decodeCustomData(customData);
  return {
    work: guest.backend.reimage(bytes),
    during: "starting",
    after: "running",
    onEnd: () => replaceOsDisk(arm, vm, customData),
  };
}

function replaceOsDisk(arm: Arm, vm: Resource, customData: string | undefined): void {
  const old = osDiskOf(arm, vm);
  const { storageProfile, osProfile } = readVm(vm.properties);
  if (old === undefined || storageProfile?.osDisk === undefined) return;
  const name = `${vm.name}_OsDisk_1_${arm.random.hex(32)}`;
  const fresh = newOsDisk(arm, vm, {
    name,
    sizeGb: storageProfile.osDisk.diskSizeGB ?? 30,
    sku: storageProfile.osDisk.managedDisk?.storageAccountType ?? "Premium_LRS",
    imageId: "",
    zones: zonesOf(vm),
  });
  arm.store.put({ ...fresh, type: disks.type, properties: { ...old.properties } });
  if (storageProfile.osDisk.deleteOption === "Delete") arm.store.delete(old.id);
  else delete old.top["managedBy"];
  vm.properties = {
    ...vm.properties,
    storageProfile: toJson({
      ...storageProfile,
      osDisk: {
        ...storageProfile.osDisk,
        name,
        managedDisk: { ...storageProfile.osDisk.managedDisk, id: fresh.id },
      },
    }),
    ...(customData === undefined ? {} : { osProfile: toJson({ ...osProfile, customData }) }),
  };
}

function toJson(value: unknown): Json {
  return z.json().parse(JSON.parse(JSON.stringify(value)));
}

/** Answers a POST on a VM. */
export function actOnVm(arm: Arm, vm: Resource, actionName: string, action: Action, call: Call): Answer {
  const running = arm.operations.writing(vm.id);
  if (running !== undefined) return refuseSecondWrite(arm, virtualMachines, vm.location ?? "", running);
  const guest = requireGuest(arm, vm);
  const planned = arm.plannedFailure;
  arm.plannedFailure = undefined;
  const before = guest.power;
  const started = action(arm, vm, guest, call);
  const failure = planned ?? started.failure;
  guest.power = started.during;
  vm.state = "Updating";
  return accepted(
    arm,
    arm.operations.start({
      owner: "Microsoft.Compute",
      location: vm.location ?? "",
      title: actionName,
      durationMs: arm.settings.durations.vmAction,
      writes: [vm.id],
      work: started.work,
      failure,
      finish: (failed) => {
        vm.state = failed === undefined ? "Succeeded" : "Failed";
        guest.power = failed === undefined ? started.after : before;
        if (failed === undefined) started.onEnd?.();
        return undefined;
      },
    }),
  );
}

/** A VM that could not be made has no guest to act on. */
export function requireGuest(arm: Arm, vm: Resource): Guest {
  const guest = arm.guests.get(vm.id.toLowerCase());
  if (guest !== undefined) return guest;
  throw new ArmError(
    409,
    "OperationNotAllowed",
    `Operation is not allowed on VM '${vm.name}' since the VM is in failed state: delete it, or create it again.`,
  );
}

export function requireRunning(vm: Resource, guest: Guest, operation: string): void {
  if (guest.power === "running") return;
  throw new ArmError(
    409,
    "OperationNotAllowed",
    `The operation requires the VM to be running (or set to run). Operation: ${operation}, VM: ${vm.name}.`,
  );
}
