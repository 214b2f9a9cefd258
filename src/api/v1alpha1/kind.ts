import { z } from "zod";

export const GROUP = "stargate.io";
export const VERSION = "v1alpha1";
export const API_VERSION = `${GROUP}/${VERSION}`;

export interface PrinterColumn {
  name: string;
  type: "string" | "integer" | "date";
  jsonPath: string;
  description?: string;
  priority?: number;
}

/** A CEL rule on the whole object, which may read metadata.name. */
export interface ValidationRule {
  rule: string;
  message: string;
}

export interface KindDefinition {
  kind: string;
  plural: string;
  singular: string;
  shortNames: readonly string[];
  description: string;
  spec: z.ZodType;
  status: z.ZodType;
  columns: readonly PrinterColumn[];
  rules: readonly ValidationRule[];
}

/** What every object carries; only the parts we read. */
export const ObjectMeta = z.object({
  name: z.string(),
  namespace: z.string(),
  uid: z.string(),
  resourceVersion: z.string(),
  generation: z.number().default(1),
  creationTimestamp: z.string(),
  deletionTimestamp: z.string().optional(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
  finalizers: z.array(z.string()).default([]),
});
export type ObjectMeta = z.infer<typeof ObjectMeta>;

const time = () => z.string().meta({ format: "date-time" });

/** metav1.Condition. */
export const Condition = z.object({
  type: z.string().max(316).describe("CamelCase name of the condition."),
  status: z.enum(["True", "False", "Unknown"]),
  observedGeneration: z.int().min(0).optional().describe("Generation of the spec this was decided from."),
  lastTransitionTime: time().describe("When status last changed."),
  reason: z.string().min(1).max(1024).describe("One CamelCase word: why."),
  message: z.string().max(32768).describe("For people: what is so, and what to try next."),
});
export type Condition = z.infer<typeof Condition>;

export const Conditions = z
  .array(Condition)
  .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] });

export const Time = time;

export const LocalObjectReference = z.object({
  name: z.string().min(1).max(253).describe("Name of an object in the same namespace."),
});
