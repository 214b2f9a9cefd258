import type { RolloutCounts } from "../../api/v1alpha1/rollout.ts";
import type { Survey } from "./survey.ts";

/** Pure. */
export function countServers(surveys: readonly Survey[]): RolloutCounts {
  const standing = (wanted: Survey["standing"]): number =>
    surveys.filter((survey) => survey.standing === wanted).length;
  return {
    total: surveys.length,
    updated: standing("updated"),
    running: standing("running"),
    failed: standing("failed"),
    pending: standing("pending"),
    unavailable: surveys.filter(({ capacity }) => capacity === "down").length,
  };
}
