import type { ProvisioningProfile } from "../api/v1alpha1/provisioning-profile.ts";
import type { Server } from "../api/v1alpha1/server.ts";

/** The profile the Server names, or the only one there is in its namespace. */
export function profileOf(
  { metadata, spec }: Server,
  profiles: readonly ProvisioningProfile[],
): ProvisioningProfile | undefined {
  const near = profiles.filter((profile) => profile.metadata.namespace === metadata.namespace);
  if (spec.provisioningProfile !== undefined) {
    return near.find((profile) => profile.metadata.name === spec.provisioningProfile);
  }
  return near.length === 1 ? near[0] : undefined;
}
