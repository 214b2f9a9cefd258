import { datacenterKind } from "./datacenter.ts";
import type { KindDefinition } from "./kind.ts";
import { operationKind } from "./operation.ts";
import { provisioningProfileKind } from "./provisioning-profile.ts";
import { rolloutKind } from "./rollout.ts";
import { serverKind } from "./server.ts";

/** Every kind of stargate.io/v1alpha1. The CRDs, the clean-up and the tests go by this list. */
export const kinds: readonly KindDefinition[] = [
  serverKind,
  provisioningProfileKind,
  operationKind,
  datacenterKind,
  rolloutKind,
];
