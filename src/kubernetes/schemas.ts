import { z } from "zod";

// The parts of Kubernetes' own objects that we read. Everything may be missing that the API calls optional.

const Meta = z.object({
  name: z.string(),
  namespace: z.string().default(""),
  uid: z.string(),
  resourceVersion: z.string(),
  creationTimestamp: z.string(),
  deletionTimestamp: z.string().optional(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
});

const ObjectCondition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(""),
  message: z.string().default(""),
  lastHeartbeatTime: z.string().nullish(),
  lastTransitionTime: z.string().nullish(),
});

export const Node = z.object({
  metadata: Meta,
  spec: z
    .object({ podCIDR: z.string().optional(), unschedulable: z.boolean().default(false) })
    .default({ unschedulable: false }),
  status: z
    .object({
      conditions: z.array(ObjectCondition).default([]),
      addresses: z.array(z.object({ type: z.string(), address: z.string() })).default([]),
      nodeInfo: z
        .object({
          machineID: z.string(),
          systemUUID: z.string(),
          bootID: z.string(),
          kubeletVersion: z.string(),
          containerRuntimeVersion: z.string(),
          kernelVersion: z.string(),
          osImage: z.string(),
        })
        .optional(),
    })
    .default({ conditions: [], addresses: [] }),
});
export type Node = z.infer<typeof Node>;

export const Pod = z.object({
  metadata: Meta.extend({
    ownerReferences: z.array(z.object({ kind: z.string(), name: z.string() })).default([]),
  }),
  spec: z.object({ nodeName: z.string().optional() }),
  status: z
    .object({
      phase: z.string().optional(),
      podIP: z.string().optional(),
      conditions: z.array(ObjectCondition).default([]),
    })
    .default({ conditions: [] }),
});
export type Pod = z.infer<typeof Pod>;

/** Values are base64, as they come. */
export const Secret = z.object({
  metadata: Meta,
  type: z.string().default("Opaque"),
  data: z.record(z.string(), z.string()).default({}),
});
export type Secret = z.infer<typeof Secret>;

export const ConfigMap = z.object({
  metadata: Meta,
  data: z.record(z.string(), z.string()).default({}),
});
export type ConfigMap = z.infer<typeof ConfigMap>;

export const Lease = z.object({
  metadata: Meta,
  spec: z
    .object({
      holderIdentity: z.string().nullish(),
      leaseDurationSeconds: z.number().nullish(),
      acquireTime: z.string().nullish(),
      renewTime: z.string().nullish(),
      leaseTransitions: z.number().nullish(),
    })
    .default({}),
});
export type Lease = z.infer<typeof Lease>;

export const CertificateSigningRequest = z.object({
  metadata: Meta,
  spec: z.object({ signerName: z.string(), username: z.string().default("") }),
  status: z
    .object({ certificate: z.string().optional(), conditions: z.array(ObjectCondition).default([]) })
    .default({ conditions: [] }),
});
export type CertificateSigningRequest = z.infer<typeof CertificateSigningRequest>;

export const CustomResourceDefinition = z.object({
  metadata: Meta,
  status: z.object({ conditions: z.array(ObjectCondition).default([]) }).default({ conditions: [] }),
});
export type CustomResourceDefinition = z.infer<typeof CustomResourceDefinition>;
