import { z } from "zod";
import {
  API_VERSION,
  celRules,
  Conditions,
  LocalObjectReference,
  ObjectMeta,
  ObservedGeneration,
  Time,
  type KindDefinition,
} from "./kind.ts";

export const OperationSpec = z
  .object({
    serverRef: LocalObjectReference.describe("The Server to operate on."),
    provisioningProfileRef: LocalObjectReference.describe("The ProvisioningProfile to follow."),
    operation: z.enum(["repave"]).describe("repave is the only supported operation."),
  })
  .meta(
    celRules({
      rule: "self == oldSelf",
      message: "an Operation cannot be changed: delete it and create another",
    }),
  );
export type OperationSpec = z.infer<typeof OperationSpec>;

export const OperationPhase = z.enum(["Pending", "Running", "Succeeded", "Failed"]);
export type OperationPhase = z.infer<typeof OperationPhase>;

export const StepState = z.enum(["Pending", "Running", "Succeeded", "Skipped", "Failed"]);
export type StepState = z.infer<typeof StepState>;

export const StepStatus = z.object({
  name: z.string().max(63).describe("Name of the step, for instance join-cluster."),
  title: z.string().max(200).optional().describe("The step in words."),
  state: StepState.describe("Pending, Running, Succeeded, Skipped or Failed."),
  startedAt: Time().optional().describe("When it was begun last."),
  finishedAt: Time().optional().describe("When it ended."),
  attempts: z.int().min(0).optional().describe("How often the step was begun."),
  message: z.string().max(4096).optional().describe("What it said last, or why it failed."),
});
export type StepStatus = z.infer<typeof StepStatus>;

export const OperationStatus = z.object({
  phase: OperationPhase.optional().describe("Pending, Running, Succeeded or Failed."),
  reason: z.string().max(1024).optional().describe("One CamelCase word: why the phase is what it is."),
  message: z.string().max(32768).optional().describe("For people: what happens now, or what to do next."),
  observedGeneration: ObservedGeneration,
  startedAt: Time().optional().describe("When work on the server began."),
  finishedAt: Time().optional().describe("When the Operation ended."),
  currentStep: z.string().max(200).optional().describe("Title of the step that runs now."),
  attempts: z
    .int()
    .min(0)
    .optional()
    .describe("How often the work was begun, restarts and retries included."),
  previousNodeUid: z.string().max(63).optional().describe("UID of the Node that this Operation replaces."),
  steps: z
    .array(StepStatus)
    .max(64)
    .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] })
    .optional()
    .describe("Every step of the work, in order."),
  conditions: Conditions.optional().describe("Single facts, each with since when and why."),
});
export type OperationStatus = z.infer<typeof OperationStatus>;

export const Operation = z.object({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal("Operation"),
  metadata: ObjectMeta,
  spec: OperationSpec,
  status: OperationStatus.default({}),
});
export type Operation = z.infer<typeof Operation>;

export const operationKind: KindDefinition = {
  kind: "Operation",
  plural: "operations",
  singular: "operation",
  shortNames: ["op"],
  description: "One piece of work on one server, carried out once. Create another to do it again.",
  spec: OperationSpec,
  status: OperationStatus,
  columns: [
    { name: "Server", type: "string", jsonPath: ".spec.serverRef.name" },
    { name: "Operation", type: "string", jsonPath: ".spec.operation" },
    { name: "Phase", type: "string", jsonPath: ".status.phase" },
    { name: "Reason", type: "string", jsonPath: ".status.reason" },
    { name: "Step", type: "string", jsonPath: ".status.currentStep" },
    { name: "Message", type: "string", jsonPath: ".status.message", priority: 1 },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
  selectableFields: [".spec.serverRef.name", ".status.phase"],
  rules: [],
};
