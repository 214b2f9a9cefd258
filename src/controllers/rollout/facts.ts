import type { Operation } from "../../api/v1alpha1/operation.ts";
import type { ProvisioningProfile } from "../../api/v1alpha1/provisioning-profile.ts";
import type { Rollout } from "../../api/v1alpha1/rollout.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
import type { Node } from "../../kubernetes/schemas.ts";

/** Keeps a Rollout in the API until its Operations are seen to. */
export const ROLLOUT_FINALIZER = "stargate.io/rollout";

/** Everything decide() goes by, from the informers' caches. */
export interface Facts {
  nowMs: number;
  rollout: Rollout;
  profile: ProvisioningProfile | undefined;
  /** Every Server that is selected, by name. */
  servers: readonly ServerFacts[];
}

export interface ServerFacts {
  server: Server;
  /** All Operations for it, whoever made them. */
  operations: readonly Operation[];
  /** The Node that it is, as far as that exists. */
  node: Node | undefined;
}

/** Since when a server has to be done, for it to count: undefined where only the profile counts. */
export function doneSince({ metadata, spec }: Rollout): string | undefined {
  return spec.since ?? (spec.operation === "repave" ? undefined : metadata.creationTimestamp);
}
