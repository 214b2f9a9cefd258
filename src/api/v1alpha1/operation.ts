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
import { durationPattern } from "../../lib/duration.ts";

export const OperationType = z.enum(["repave", "reboot", "deprovision"]);
export type OperationType = z.infer<typeof OperationType>;

export const RepaveMode = z.enum(["inplace", "reimage"]);
export type RepaveMode = z.infer<typeof RepaveMode>;

/** A time span like "30m"; CEL sees to its size. */
const Duration = (least: string) =>
  z
    .string()
    .min(2)
    .max(16)
    .regex(durationPattern)
    .meta(
      celRules({
        rule: `duration(self) >= duration('${least}') && duration(self) <= duration('24h')`,
        message: `must be from ${least} to 24h`,
      }),
    );

export const DrainOptions = z.object({
  timeout: Duration("0s")
    .default("5m")
    .describe(
      "How long pods may take to leave. When it has passed the Operation fails, or with force deletes them.",
    ),
  gracePeriodSeconds: z
    .int()
    .min(0)
    .max(86400)
    .optional()
    .describe("How long each pod gets to end itself. Left out: what the pod itself asks for."),
});
export type DrainOptions = z.infer<typeof DrainOptions>;

/** How an Operation goes about its work. A Rollout gives the same to each of its Operations. */
export const OperationOptions = {
  force: z
    .boolean()
    .default(false)
    .describe(
      "Goes on where care would stop: deletes pods that do not leave in time, installs an older version than the " +
        "server has, and deprovisions a server that does not answer any more by removing its Node only.",
    ),
  timeout: Duration("1m")
    .default("30m")
    .describe("How long it may take from its start, for instance 30m or 1h30m."),
  retries: z
    .int()
    .min(0)
    .max(100)
    .default(5)
    .describe(
      "How often a step that failed in a way that may pass is tried again. Waiting for a server to answer does not count.",
    ),
  drain: DrainOptions.default({ timeout: "5m" }).describe("How pods are moved off the node."),
};

/** Everything but `cancel`, which may be set at any time. */
const UNCHANGING = [
  "serverRef",
  "provisioningProfileRef",
  "operation",
  "mode",
  "force",
  "timeout",
  "retries",
  "drain",
];

export const OperationSpec = z
  .object({
    serverRef: LocalObjectReference.describe("The Server to operate on."),
    provisioningProfileRef: LocalObjectReference.describe(
      "The ProvisioningProfile to follow: how to log in, and for repave what to install.",
    ),
    operation: OperationType.describe(
      "repave: make the server a new node, whatever it was. reboot: drain, restart, wait until the node is Ready. " +
        "deprovision: drain, remove the node, and leave the server clean.",
    ),
    mode: RepaveMode.default("inplace").describe(
      "How a repave gets rid of what was. inplace: what made the server a node is removed from it. reimage: its " +
        "provider gives it a fresh disk under the same name and address, with another SSH host key; everything that " +
        "was on it is lost, and it need not answer beforehand.",
    ),
    cancel: z
      .boolean()
      .default(false)
      .meta(
        celRules({
          rule: "!oldSelf || self",
          message: "a cancelled Operation stays cancelled: create another",
        }),
      )
      .describe("true stops it at the next safe point. The only field that may be changed."),
    ...OperationOptions,
  })
  .meta(
    celRules(
      {
        rule: UNCHANGING.map((field) => `self.${field} == oldSelf.${field}`).join(" && "),
        message: "an Operation cannot be changed, only cancelled (spec.cancel): delete it and create another",
      },
      {
        rule: "self.mode == 'inplace' || self.operation == 'repave'",
        message: "mode reimage is for the operation repave: no other one replaces what is on the disk",
      },
    ),
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
  failures: z
    .int()
    .min(0)
    .optional()
    .describe("How often it failed in a way that counts against spec.retries."),
  message: z.string().max(4096).optional().describe("What it said last, or why it failed."),
});
export type StepStatus = z.infer<typeof StepStatus>;

/** Names one state of a ProvisioningProfile: made anew under the same name, it is another. */
export const ProfileRecord = z.object({
  name: z.string().max(253).describe("The profile's name."),
  uid: z.string().max(63).describe("The profile's UID."),
  generation: z.int().min(0).describe("The generation of the profile's spec."),
});
export type ProfileRecord = z.infer<typeof ProfileRecord>;

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
  profile: ProfileRecord.optional().describe(
    "The ProvisioningProfile as it was when the work began: what the server has afterwards, or something newer.",
  ),
  previousNodeUid: z
    .string()
    .max(63)
    .optional()
    .describe("UID of the Node that the server was when this Operation began."),
  previousBootId: z
    .string()
    .max(63)
    .optional()
    .describe("The server's boot id before a reboot or a reimage."),
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
