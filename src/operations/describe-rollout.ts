import type { Operation } from "../api/v1alpha1/operation.ts";
import type { Rollout } from "../api/v1alpha1/rollout.ts";

/** Pure: how a Rollout has ended; undefined while it may go on by itself, or nobody has looked at its spec yet. */
export function rolloutOutcome({ metadata, status }: Rollout): "complete" | "stalled" | undefined {
  if (status.observedGeneration !== metadata.generation) return undefined;
  if (status.phase === "Complete") return "complete";
  // What runs may yet go well, and be enough.
  return status.phase === "Stalled" && (status.counts?.running ?? 0) === 0 ? "stalled" : undefined;
}

/** Pure: a Rollout in some lines, and of what failed the first few. */
export function describeRollout({ metadata, spec, status }: Rollout, failed: readonly Operation[]): string[] {
  const { phase = "Pending", message = "No controller has looked at it yet", counts } = status;
  const shown = failed.slice(0, 10);
  return [
    `Rollout ${metadata.name}: ${spec.operation} by ${spec.provisioningProfileRef.name}: ${phase}`,
    `  ${message}`,
    ...(counts === undefined
      ? []
      : [
          `  ${Object.entries(counts)
            .map(([what, count]) => `${what} ${count}`)
            .join(", ")}`,
        ]),
    ...shown.map(
      (operation) =>
        `  ${operation.spec.serverRef.name} failed: ${operation.status.message ?? ""} (${operation.metadata.name})`,
    ),
    ...(failed.length > shown.length ? [`  and ${failed.length - shown.length} more`] : []),
  ];
}
