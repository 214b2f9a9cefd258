import type { Arm } from "../core/arm.ts";
import type { ArmError } from "../core/arm-error.ts";
import { kinds } from "../kind-endpoints.ts";

/**
 * Azure notices late that nobody uses a resource any more: for a while its delete is refused as before. Looks at what
 * was in use at the last request and is no longer. Off where `releaseLagMs` is 0.
 */
export function noteReleases(arm: Arm): void {
  if (arm.settings.releaseLagMs === 0) return;
  const before = arm.kept;
  arm.kept = findKept(arm);
  const until = arm.clock.now() + arm.settings.releaseLagMs;
  for (const [id, error] of before) if (!arm.kept.has(id)) arm.released.set(id, { until, error });
}

function findKept(arm: Arm): Map<string, ArmError> {
  const kept = new Map<string, ArmError>();
  for (const kind of kinds) {
    for (const resource of arm.store.ofType(kind.type)) {
      const error = kind.whyKept?.(arm, resource);
      if (error !== undefined) kept.set(resource.id.toLowerCase(), error);
    }
  }
  return kept;
}
