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

/** A CEL rule, checked by the API server at every write. */
export interface ValidationRule {
  rule: string;
  message: string;
}

/** The rules of a value inside the spec, for `.meta()`. */
export function celRules(...rules: ValidationRule[]): { "x-kubernetes-validations": ValidationRule[] } {
  return { "x-kubernetes-validations": rules };
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
  /** Fields that `kubectl get --field-selector` may select by. */
  selectableFields: readonly string[];
  /** Rules on the whole object, which may read metadata.name. */
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
  status: z.enum(["True", "False", "Unknown"]).describe("True, False or Unknown."),
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

/** Name of a Kubernetes object: a DNS subdomain. */
export const ObjectName = () =>
  z
    .string()
    .min(1)
    .max(253)
    .regex(/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/);

export const LocalObjectReference = z.object({
  name: ObjectName().describe("Name of an object in the same namespace."),
});

export const ObservedGeneration = z
  .int()
  .min(0)
  .optional()
  .describe("Generation of the spec that this status was written from.");
