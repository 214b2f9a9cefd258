import { Datacenter } from "../api/v1alpha1/datacenter.ts";
import { API_VERSION, type Condition } from "../api/v1alpha1/kind.ts";
import { timestamp, type Clock } from "../lib/clock.ts";
import { StargateError } from "../lib/errors.ts";
import type { KubeClient, ObjectRef } from "../kubernetes/client.ts";
import { datacenters } from "../kubernetes/resources.ts";

/** Owner of the part of the status that is written here. The rest is the controller's. */
const FIELD_MANAGER = "prep-dc-inventory";

/** Verifies that workers reach the API server, and writes what came of it, and when, into the Datacenter's status. */
export async function recordVerification(
  verify: () => Promise<void>,
  {
    client,
    ref,
    apiServer,
    clock,
  }: { client: KubeClient; ref: ObjectRef; apiServer: string | undefined; clock: Clock },
): Promise<void> {
  try {
    await verify();
  } catch (error) {
    if (error instanceof StargateError && error.reason === "ApiUnreachableFromWorker") {
      const message = `${error.message}. ${error.remedy ?? ""}`.trim();
      // What went wrong is worth more than that it could not be written down.
      await write({ status: "False", reason: error.reason, message }).catch(() => undefined);
    }
    throw error;
  }
  await write(
    apiServer === undefined
      ? {
          status: "Unknown",
          reason: "NotVerified",
          message: "How workers reach the API server is not known to prep-dc-inventory.",
        }
      : { status: "True", reason: "ApiReachable", message: `Every worker connected to ${apiServer}.` },
  );

  async function write(told: Pick<Condition, "status" | "reason" | "message">): Promise<void> {
    const type = "ApiReachableFromWorkers";
    const { status, metadata } = await client.get(datacenters, ref, Datacenter);
    const before = status.conditions?.find((condition) => condition.type === type);
    const now = timestamp(clock);
    const lastTransitionTime = before?.status === told.status ? before.lastTransitionTime : now;
    const condition: Condition = {
      type,
      observedGeneration: metadata.generation,
      lastTransitionTime,
      ...told,
    };
    const body = {
      apiVersion: API_VERSION,
      kind: "Datacenter",
      metadata: { ...ref },
      status: { verifiedAt: now, conditions: [condition] },
    };
    await client.apply(datacenters, ref, body, {
      subresource: "status",
      fieldManager: FIELD_MANAGER,
      force: true,
    });
  }
}
