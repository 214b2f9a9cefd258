import type { LeaseContent, LeaseStore } from "../controller-runtime/leader-election.ts";
import type { KubeClient, ObjectRef } from "./client.ts";
import { leases } from "./resources.ts";
import { Lease } from "./schemas.ts";

/** One Lease of coordination.k8s.io, for leader election. */
export function leaseStore(client: KubeClient, ref: ObjectRef): LeaseStore {
  return {
    async read(signal) {
      const lease = await client.getIfExists(leases, ref, Lease, signal);
      if (lease === undefined) return undefined;
      const { spec, metadata } = lease;
      return {
        resourceVersion: metadata.resourceVersion,
        holder: spec.holderIdentity ?? "",
        durationMs: (spec.leaseDurationSeconds ?? 0) * 1000,
        acquiredAtMs: parseTime(spec.acquireTime),
        renewedAtMs: parseTime(spec.renewTime),
        transitions: spec.leaseTransitions ?? 0,
      };
    },
    async create(content, signal) {
      await client.create(
        leases,
        ref.namespace,
        { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: ref, spec: specOf(content) },
        signal,
      );
    },
    async update(content, resourceVersion, signal) {
      // With the version in it, the patch is refused (ApiConflict) when somebody else wrote meanwhile.
      await client.mergePatch(
        leases,
        ref,
        { metadata: { resourceVersion }, spec: specOf(content) },
        { signal },
      );
    },
  };
}

function specOf({ holder, durationMs, acquiredAtMs, renewedAtMs, transitions }: LeaseContent): object {
  return {
    holderIdentity: holder,
    leaseDurationSeconds: Math.max(1, Math.round(durationMs / 1000)),
    acquireTime: microTime(acquiredAtMs),
    renewTime: microTime(renewedAtMs),
    leaseTransitions: transitions,
  };
}

function microTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}

function parseTime(text: string | null | undefined): number {
  return text === null || text === undefined ? 0 : Date.parse(text);
}
