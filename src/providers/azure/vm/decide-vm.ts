import type { VirtualMachine } from "@azure/arm-compute";
import { findDifferences } from "../arm/differences.ts";
import type { Place } from "../resources/place.ts";
import { hasTag, HOST_KEY_TAG } from "../tags.ts";
import { renderVm, type VmSpec } from "./vm-spec.ts";

/**
 * What a VM needs to be what it should:
 * create (it is missing), remake (it failed before it ever worked, so nothing is lost), reapply (it failed later),
 * start (it is stopped), retag, or nothing. refuse: it is somebody else's.
 */
export interface VmDecision {
  action: "create" | "remake" | "reapply" | "start" | "retag" | "unchanged" | "refuse";
  /** What differs but cannot be changed without making the VM anew: reported, and left. */
  drift: string[];
}

/** Pure. `actual` with its instance view. */
export function decideVm(place: Place, spec: VmSpec, actual: VirtualMachine | undefined): VmDecision {
  if (actual === undefined) return { action: "create", drift: [] };
  if (!hasTag(actual, spec.ownerTag, spec.tags[spec.ownerTag] ?? "")) return { action: "refuse", drift: [] };
  const drift = findDrift(place, spec, actual);
  if (/^(failed|canceled)$/i.test(actual.provisioningState ?? "")) {
    return actual.tags?.[HOST_KEY_TAG] === undefined
      ? { action: "remake", drift: [] }
      : { action: "reapply", drift };
  }
  if (!isRunning(actual)) return { action: "start", drift };
  const missing = findDifferences(spec.tags, actual.tags);
  return { action: missing.length > 0 ? "retag" : "unchanged", drift };
}

function findDrift(place: Place, spec: VmSpec, actual: VirtualMachine): string[] {
  const { hardwareProfile, networkProfile, zones, location } = renderVm(place, spec);
  const { publisher, offer, sku } = spec.image;
  return findDifferences(
    {
      location,
      zones,
      hardwareProfile,
      networkProfile,
      storageProfile: { imageReference: { publisher, offer, sku } },
    },
    actual,
  );
}

/** Azure leaves the power state out where it does not know it yet. */
function isRunning({ instanceView }: VirtualMachine): boolean {
  const code = instanceView?.statuses?.find((status) => status.code?.startsWith("PowerState/"))?.code;
  return code === undefined || code === "PowerState/running" || code === "PowerState/starting";
}
