import { randomInt } from "node:crypto";
import { ProvisioningProfile } from "../api/v1alpha1/provisioning-profile.ts";
import { Server } from "../api/v1alpha1/server.ts";
import type { KubeClient } from "../kubernetes/client.ts";
import * as resources from "../kubernetes/resources.ts";
import { StargateError } from "../lib/errors.ts";
import {
  planOperations,
  renderOperation,
  type OperationsWanted,
  type PlannedOperation,
} from "./plan-operations.ts";

/** Kubernetes' own letters for generated names: none that look alike, and no vowels to make words of. */
const LETTERS = "bcdfghjklmnpqrstvwxz2456789";
const SUFFIX_LENGTH = 5;

export interface CreatedOperation {
  name: string;
  server: string;
}

/**
 * Creates one Operation for each server: none where anything stands against one of them. `onCreated` hears of each.
 * @throws UsageError with everything that stands against it; StargateError as KubeClient does
 */
export async function createOperations(
  client: KubeClient,
  wanted: OperationsWanted,
  onCreated: (operation: CreatedOperation) => void,
  signal: AbortSignal,
): Promise<void> {
  const { namespace } = wanted;
  const [servers, profiles] = await Promise.all([
    client.list(resources.servers, Server, { namespace, signal }),
    client.list(resources.provisioningProfiles, ProvisioningProfile, { namespace, signal }),
  ]);
  const plans = planOperations(wanted, { servers: servers.items, profiles: profiles.items });
  for (const plan of plans) {
    onCreated({ name: await createOne(client, namespace, plan, signal), server: plan.server });
  }
}

async function createOne(
  client: KubeClient,
  namespace: string,
  plan: PlannedOperation,
  signal: AbortSignal,
): Promise<string> {
  for (;;) {
    const name = `${plan.prefix}-${suffix()}`;
    try {
      await client.create(
        resources.operations,
        namespace,
        renderOperation(plan, { namespace, name }),
        signal,
      );
      return name;
    } catch (error) {
      if (!(error instanceof StargateError && error.reason === "ApiAlreadyExists")) throw error;
    }
  }
}

function suffix(): string {
  return Array.from({ length: SUFFIX_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join("");
}
