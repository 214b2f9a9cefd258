import { createHash } from "node:crypto";
import type { ProvisioningProfile } from "../../api/v1alpha1/provisioning-profile.ts";
import type { Rollout } from "../../api/v1alpha1/rollout.ts";

/**
 * Pure: names what is rolled out now. Another profile, another state of it (where it is followed at all) and another
 * `since` make another revision, which is done on every server anew; how fast and when it is done does not.
 */
export function revisionOf({ metadata, spec }: Rollout, profile: ProvisioningProfile): string {
  const { name, uid, generation } = profile.metadata;
  const followed = spec.operation === "repave" ? [uid, generation] : [];
  const identity = [metadata.uid, spec.operation, spec.since ?? "", name, ...followed];
  return createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 10);
}

/** Pure: the one name that a server's Operation of a revision has, whoever makes it and however often that is tried. */
export function operationName(rollout: Rollout, serverName: string, revision: string): string {
  return `${rollout.metadata.name}-${serverName}-${revision}`;
}
