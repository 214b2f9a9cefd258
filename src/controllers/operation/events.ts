import { randomBytes } from "node:crypto";
import type { Clock } from "../../lib/clock.ts";
import { describeError } from "../../lib/errors.ts";
import type { Log } from "../../lib/log.ts";
import { redact } from "../../lib/redact.ts";
import type { KubeClient } from "../../kubernetes/client.ts";
import { API_VERSION } from "../../api/v1alpha1/kind.ts";
import * as resources from "../../kubernetes/resources.ts";

export interface Regarding {
  kind: "Operation" | "Server" | "Datacenter" | "Rollout";
  metadata: { name: string; namespace: string; uid: string };
}

/** Tells what happened in the cluster's own way: `kubectl describe` and `kubectl events` show it. */
export interface EventRecorder {
  /** Never throws: an event that is lost is logged. */
  record(regarding: Regarding, type: "Normal" | "Warning", reason: string, note: string): Promise<void>;
}

export function createEventRecorder(options: {
  client: KubeClient;
  clock: Clock;
  log: Log;
  /** Name of the program, for instance qemu-controller. */
  component: string;
  instance: string;
}): EventRecorder {
  const { client, clock, log, component, instance } = options;
  return {
    async record({ kind, metadata }, type, reason, note) {
      const now = clock.now();
      const { name, namespace, uid } = metadata;
      const body = {
        apiVersion: "events.k8s.io/v1",
        kind: "Event",
        metadata: { name: `${name}.${randomBytes(8).toString("hex")}`, namespace },
        eventTime: new Date(now).toISOString().replace("Z", "000Z"), // MicroTime
        reportingController: `stargate.io/${component}`,
        reportingInstance: instance.slice(0, 128),
        action: kind === "Operation" ? "Repave" : "Serve",
        type,
        reason,
        note: redact(note).slice(0, 1000), // the API's limit is 1 kB
        regarding: { apiVersion: API_VERSION, kind, name, namespace, uid },
      };
      await client.create(resources.events, namespace, body).catch((error: unknown) => {
        log.warn("an event was lost", { reason, error: describeError(error) });
      });
    },
  };
}
