import { z } from "zod";
import { GROUP, VERSION } from "../api/v1alpha1/kind.ts";
import type { ResourceType } from "../kubernetes/client.ts";

const ours = (plural: string): ResourceType => ({
  group: GROUP,
  version: VERSION,
  plural,
  namespaced: true,
});
const core = (plural: string, namespaced: boolean): ResourceType => ({
  group: "",
  version: "v1",
  plural,
  namespaced,
});

/** The resource types the controllers read and write; config/rbac allows no others. */
export const resources = {
  servers: ours("servers"),
  profiles: ours("provisioningprofiles"),
  operations: ours("operations"),
  nodes: core("nodes", false),
  pods: core("pods", true),
  secrets: core("secrets", true),
  configMaps: core("configmaps", true),
  events: { group: "events.k8s.io", version: "v1", plural: "events", namespaced: true },
  certificateSigningRequests: {
    group: "certificates.k8s.io",
    version: "v1",
    plural: "certificatesigningrequests",
    namespaced: false,
  },
} as const satisfies Record<string, ResourceType>;

/** The parts of a Node we go by. */
export const Node = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    resourceVersion: z.string(),
    creationTimestamp: z.string(),
    deletionTimestamp: z.string().optional(),
  }),
  spec: z.object({ unschedulable: z.boolean().optional() }).default({}),
  status: z
    .object({
      nodeInfo: z
        .object({
          machineID: z.string().default(""),
          bootID: z.string().default(""),
          systemUUID: z.string().default(""),
          kubeletVersion: z.string().default(""),
        })
        .optional(),
      conditions: z
        .array(
          z.object({
            type: z.string(),
            status: z.string(),
            reason: z.string().default(""),
            message: z.string().default(""),
          }),
        )
        .default([]),
    })
    .default({ conditions: [] }),
});
export type Node = z.infer<typeof Node>;

export const Secret = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
  }),
  type: z.string().default(""),
  data: z.record(z.string(), z.string()).default({}),
});
export type Secret = z.infer<typeof Secret>;

/** A value of a Secret as text, or undefined where it is missing or empty. */
export function secretText(secret: Secret, key: string): string | undefined {
  const text = Buffer.from(secret.data[key] ?? "", "base64").toString("utf8");
  return text.trim() === "" ? undefined : text;
}
