import type { KubeClient } from "../kubernetes/client.ts";
import * as resources from "../kubernetes/resources.ts";
import { Lease } from "../kubernetes/schemas.ts";
import { attempt, type Attempt } from "./finding.ts";

/** Where controllers that serve all namespaces keep their Leases; those of one namespace keep them there. */
export const EVERYWHERE = "kube-system";

/** A holder that has been silent for this much longer than its Lease says is gone; clocks differ a little. */
const GRACE_MS = 10_000;

/** Who works under a Lease, or since when nobody does. */
export interface Holder {
  /** The one that works; undefined where nobody does. */
  live: string | undefined;
  /** NaN where nobody ever did. */
  renewedMs: number;
  /** "host-1 works", "has never run", "does not run, last seen …". */
  text: string;
}

/** Pure. */
export function holderOf(lease: Lease | undefined, nowMs: number): Holder {
  const { holderIdentity, renewTime, leaseDurationSeconds } = lease?.spec ?? {};
  const renewedMs = Date.parse(renewTime ?? "");
  const isHeld = typeof holderIdentity === "string" && holderIdentity !== "";
  if (isHeld && nowMs - renewedMs <= (leaseDurationSeconds ?? 15) * 1000 + GRACE_MS) {
    return { live: holderIdentity, renewedMs, text: `${holderIdentity} works` };
  }
  const text = Number.isNaN(renewedMs)
    ? "has never run"
    : `does not run, last seen ${new Date(renewedMs).toISOString()}`;
  return { live: undefined, renewedMs, text };
}

/** The Leases of this name under which somebody may serve these namespaces. */
export async function readLeases(
  client: KubeClient,
  { name, namespaces }: { name: string; namespaces: Iterable<string> },
  signal: AbortSignal,
): Promise<Attempt<readonly Lease[]>> {
  return attempt(async () => {
    const found = await Promise.all(
      [...new Set([EVERYWHERE, ...namespaces])].map((namespace) =>
        client.getIfExists(resources.leases, { namespace, name }, Lease, signal),
      ),
    );
    return found.filter((lease) => lease !== undefined);
  }, signal);
}

/** Pure. */
export function leaseIn(namespace: string, leases: readonly Lease[]): Lease | undefined {
  return leases.find(({ metadata }) => metadata.namespace === namespace);
}
