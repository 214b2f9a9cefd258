import { diskDeserializer } from "../../../../node_modules/@azure/arm-compute/dist/esm/models/computeDisk/models.js";
import { z } from "zod";
import type { Arm } from "../core/arm.ts";
import { ArmError } from "../core/arm-error.ts";
import { isoTime } from "../core/clock.ts";
import { compact, textIn, type JsonObject } from "../core/json.ts";
import type { Kind } from "../core/kind.ts";
import type { Resource } from "../core/store.ts";
import { targetOf } from "../core/target.ts";
import { checkZones } from "../core/zones.ts";
import { newEtag } from "../core/put-resource.ts";
import { computeKind, DISK_API_VERSIONS } from "./compute-kind.ts";
import { invalid, missing } from "./vm-body.ts";

const DiskProperties = z.looseObject({
  creationData: z.looseObject({ createOption: z.string() }).optional(),
  diskSizeGB: z.int().positive().optional(),
});

export const disks: Kind = {
  ...computeKind,
  owner: "Microsoft.Compute",
  type: "Microsoft.Compute/disks",
  apiVersions: DISK_API_VERSIONS,
  model: diskDeserializer,
  name: {
    pattern: /^[a-zA-Z0-9_][\w.-]{0,79}$/,
    rule: "It may have 80 characters: letters, digits, '_', '.' and '-'.",
  },
  topMembers: ["sku", "zones", "extendedLocation", "managedBy", "managedByExtended"],
  title: "PutDisk",
  durationMs: (arm) => arm.settings.durations.disk,
  prepare: (_arm, { target, wanted, existing }) => {
    const parsed = DiskProperties.safeParse(wanted.properties);
    if (!parsed.success) throw invalid("disk", "A parameter of the disk has the wrong type.");
    if (existing === undefined && parsed.data.creationData === undefined) throw missing("creationData");
    if (
      existing === undefined &&
      parsed.data.creationData?.createOption === "Empty" &&
      !parsed.data.diskSizeGB
    ) {
      throw missing("diskSizeGB");
    }
    checkZones(target, wanted.location, wanted.top["zones"], existing);
    return { properties: { ...existing?.properties, ...wanted.properties } };
  },
  whyKept: (_arm, disk) => {
    const vm = textIn(disk.top, "managedBy");
    if (vm === undefined) return undefined;
    return new ArmError(409, "OperationNotAllowed", `Disk ${disk.name} is attached to VM ${vm}.`);
  },
  show: (_arm, disk) =>
    compact({
      ...disk.properties,
      provisioningState: disk.state,
      diskState: textIn(disk.top, "managedBy") === undefined ? "Unattached" : "Attached",
      timeCreated: isoTime(disk.createdAt),
      uniqueId: disk.guid,
    }),
};

/** The OS disk that comes with a VM, from an image. */
export function newOsDisk(
  arm: Arm,
  vm: Resource,
  disk: { name: string; sizeGb: number; sku: string; imageId: string; zones: string[] },
): Resource {
  const target = targetOf(disks.type, vm.subscription, vm.group, [disk.name]);
  const properties: JsonObject = {
    osType: "Linux",
    hyperVGeneration: "V2",
    creationData: { createOption: "FromImage", imageReference: { id: disk.imageId } },
    diskSizeGB: disk.sizeGb,
  };
  return {
    id: target.id,
    type: target.type,
    name: disk.name,
    subscription: vm.subscription,
    group: vm.group,
    location: vm.location,
    tags: undefined,
    top: compact({
      managedBy: vm.id,
      sku: { name: disk.sku, tier: disk.sku.split("_")[0] ?? "" },
      zones: disk.zones.length === 0 ? undefined : disk.zones,
    }),
    properties,
    state: "Succeeded",
    etag: newEtag(arm),
    guid: arm.random.uuid(),
    createdAt: arm.clock.now(),
  };
}
