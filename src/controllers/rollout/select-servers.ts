import type { Rollout } from "../../api/v1alpha1/rollout.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
import { doneSince } from "./facts.ts";
import { isSelected } from "./is-selected.ts";

/**
 * Pure: the Servers that a Rollout is about, by name. Those being deleted are not. Restarting or taking apart is for the
 * servers that were there when it was asked for: one that comes later, perhaps in place of one taken away, is left alone.
 */
export function selectServers(rollout: Rollout, servers: readonly Server[]): Server[] {
  const until = rollout.spec.operation === "repave" ? undefined : doneSince(rollout);
  return servers
    .filter(
      ({ metadata }) =>
        metadata.namespace === rollout.metadata.namespace &&
        metadata.deletionTimestamp === undefined &&
        (until === undefined || Date.parse(metadata.creationTimestamp) <= Date.parse(until)) &&
        isSelected(rollout.spec.selector, metadata.labels),
    )
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : Number(a.metadata.name > b.metadata.name)));
}
