import type { ProvisioningProfile } from "../../api/v1alpha1/provisioning-profile.ts";
import type { Rollout } from "../../api/v1alpha1/rollout.ts";

/** What is rolled out now. */
export interface Target {
  rollout: Rollout;
  profile: ProvisioningProfile;
  revision: string;
}
