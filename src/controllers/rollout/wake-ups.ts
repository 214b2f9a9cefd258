import type { Operation } from "../../api/v1alpha1/operation.ts";
import type { ProvisioningProfile } from "../../api/v1alpha1/provisioning-profile.ts";
import { ROLLOUT_LABEL, type Rollout } from "../../api/v1alpha1/rollout.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
import type { Change } from "../../controller-runtime/informer.ts";
import type { ObjectKey } from "../../controller-runtime/object-key.ts";
import type { Node } from "../../kubernetes/schemas.ts";
import { isSelected } from "./is-selected.ts";

// Which Rollouts a change is news for. Operations tell of every step and Nodes of every heartbeat: what decide() does
// not go by is no news.

/** True where a Rollout came, went, is to go, or got another spec. What we write ourselves is no news. */
export function isNewsOfRollout(change: Change<Rollout>): boolean {
  return (
    change.type !== "updated" ||
    differ(change, ({ metadata }) => [metadata.uid, metadata.generation, metadata.deletionTimestamp])
  );
}

export function wokenByOperation(
  change: Change<Operation>,
  all: readonly Rollout[],
  serverOf: (operation: Operation) => Server | undefined,
): ObjectKey[] {
  const isNews =
    change.type !== "updated" ||
    differ(change, ({ metadata, spec, status }) => [
      metadata.labels,
      metadata.deletionTimestamp,
      spec.cancel,
      status.phase,
      status.startedAt,
    ]);
  if (!isNews) return [];
  const { object } = change;
  const label = object.metadata.labels[ROLLOUT_LABEL];
  const server = serverOf(object);
  return all
    .filter(({ metadata }) => metadata.namespace === object.metadata.namespace)
    .filter(
      ({ metadata, spec }) =>
        metadata.name === label ||
        (server !== undefined && isSelected(spec.selector, server.metadata.labels)),
    )
    .map(keyOf);
}

export function wokenByServer(change: Change<Server>, all: readonly Rollout[]): ObjectKey[] {
  const isNews =
    change.type !== "updated" ||
    differ(change, ({ metadata, status }) => [
      metadata.labels,
      metadata.deletionTimestamp,
      status.state,
      status.nodeRef,
      status.history,
    ]);
  if (!isNews) return [];
  const states = change.type === "updated" ? [change.object, change.before] : [change.object];
  return keysSelecting(states, all);
}

export function wokenByProfile(change: Change<ProvisioningProfile>, all: readonly Rollout[]): ObjectKey[] {
  const isNews =
    change.type !== "updated" || differ(change, ({ metadata }) => [metadata.uid, metadata.generation]);
  if (!isNews) return [];
  const { namespace, name } = change.object.metadata;
  return all
    .filter(
      ({ metadata, spec }) => metadata.namespace === namespace && spec.provisioningProfileRef.name === name,
    )
    .map(keyOf);
}

export function wokenByNode(
  change: Change<Node>,
  all: readonly Rollout[],
  serversOf: (nodeName: string) => readonly Server[],
): ObjectKey[] {
  const isNews =
    change.type !== "updated" ||
    differ(change, ({ spec, status }) => [
      spec.unschedulable,
      status.conditions.find(({ type }) => type === "Ready")?.status,
    ]);
  if (!isNews || all.length === 0) return [];
  const servers = serversOf(change.object.metadata.name);
  return keysSelecting(servers, all);
}

function keysSelecting(servers: readonly Server[], all: readonly Rollout[]): ObjectKey[] {
  return all
    .filter(({ metadata, spec }) =>
      servers.some(
        (server) =>
          server.metadata.namespace === metadata.namespace &&
          isSelected(spec.selector, server.metadata.labels),
      ),
    )
    .map(keyOf);
}

function differ<T>({ before, object }: { before: T; object: T }, parts: (object: T) => unknown[]): boolean {
  return JSON.stringify(parts(before)) !== JSON.stringify(parts(object));
}

function keyOf({ metadata }: Rollout): ObjectKey {
  return { namespace: metadata.namespace, name: metadata.name };
}
