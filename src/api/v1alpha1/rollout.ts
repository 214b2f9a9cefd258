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
import { LabelSelector } from "./label-selector.ts";
import { OperationOptions, OperationType, RepaveMode } from "./operation.ts";

/** On an Operation: the name of the Rollout it is done for. */
export const ROLLOUT_LABEL = "stargate.io/rollout";
/** On an Operation: which state of the Rollout and its profile it brings about. */
export const REVISION_LABEL = "stargate.io/rollout-revision";
/** On an Operation: the UID of the Rollout that made it. One that was adopted has it not. */
export const ROLLOUT_UID_LABEL = "stargate.io/rollout-uid";

/** A whole number, or a percentage of the servers that are selected. */
const Amount = () =>
  z.union([z.int(), z.string()]).meta({
    "x-kubernetes-int-or-string": true,
    maxLength: 4,
    ...celRules({
      rule: "type(self) == string ? self.matches('^([1-9][0-9]?|100)%$') : (self >= 1 && self <= 1000000)",
      message: 'write a whole number from 1, or a percentage from "1%" to "100%"',
    }),
  });
export type Amount = number | string;

export const Weekday = z.enum(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]);
export type Weekday = z.infer<typeof Weekday>;

const TimeOfDay = () => z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/);

export const RolloutWindow = z.object({
  days: z
    .array(Weekday)
    .min(1)
    .max(7)
    .default(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
    .meta({ "x-kubernetes-list-type": "set" })
    .describe("Days on which the window opens: Mon, Tue, Wed, Thu, Fri, Sat, Sun. Left out: every day."),
  start: TimeOfDay().describe("When it opens, for instance 22:00."),
  end: TimeOfDay().describe(
    "When it closes, for instance 04:30. Not after `start`: on the day after it opened.",
  ),
  timeZone: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[A-Za-z][A-Za-z0-9_+/-]*$/)
    .default("UTC")
    .describe("Whose clock that is, for instance Europe/Berlin. Left out: UTC."),
});
export type RolloutWindow = z.infer<typeof RolloutWindow>;

const RolloutFields = z.object({
  selector: LabelSelector.describe("Which Servers of this namespace, by their labels."),
  provisioningProfileRef: LocalObjectReference.describe(
    "The ProvisioningProfile to follow. With repave, every change of it is rolled out as well.",
  ),
  operation: OperationType.meta(
    celRules({ rule: "self == oldSelf", message: "operation cannot be changed: create another Rollout" }),
  ).describe("What to do with each server: repave, reboot or deprovision."),
  maxUnavailable: Amount()
    .default(1)
    .describe(
      "How many of the servers may be unavailable at a time, for whatever reason: a number, or a percentage of them " +
        "(rounded down, at least 1). A server that is available is begun only while fewer are not; those that are " +
        "down already are begun first.",
    ),
  canary: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(0)
    .describe("So many servers have to go well before any other is begun. 0: none goes ahead."),
  failureThreshold: Amount()
    .default(1)
    .describe(
      "When so many servers have failed, no more are begun: a number, or a percentage of them (rounded up).",
    ),
  paused: z
    .boolean()
    .default(false)
    .describe("true: no more servers are begun. What has begun comes to its end."),
  since: Time()
    .optional()
    .describe(
      "Servers whose last such operation began before this time are done again, whatever they have; a time to come " +
        "is waited for. Left out: repave goes by the profile alone, reboot and deprovision by when this Rollout was made.",
    ),
  window: RolloutWindow.optional().describe(
    "Servers are begun only while it is open. Left out: at any time.",
  ),
  mode: RepaveMode.default("inplace").describe(
    "How each repave gets rid of what was: inplace or reimage, as in Operation.spec.mode.",
  ),
  force: OperationOptions.force,
  timeout: OperationOptions.timeout.describe("How long each Operation may take, for instance 30m or 1h30m."),
  retries: OperationOptions.retries,
  drain: OperationOptions.drain,
});

export const RolloutSpec = RolloutFields.meta(
  celRules({
    rule: "self.mode == 'inplace' || self.operation == 'repave'",
    message: "mode reimage is for the operation repave: no other one replaces what is on the disk",
  }),
);
export type RolloutSpec = z.infer<typeof RolloutSpec>;

export const RolloutPhase = z.enum(["Pending", "Progressing", "Waiting", "Paused", "Stalled", "Complete"]);
export type RolloutPhase = z.infer<typeof RolloutPhase>;

/** Every condition of a Rollout, in the order they are shown. */
export const rolloutConditions = ["Progressing", "Paused", "Stalled", "Complete"] as const;
export type RolloutCondition = (typeof rolloutConditions)[number];

const count = () => z.int().min(0);

export const RolloutCounts = z.object({
  total: count().describe("Servers that are selected."),
  updated: count().describe("Those that are done."),
  running: count().describe("Those whose Operation has not ended."),
  failed: count().describe("Those whose Operation failed. Delete it to have it tried again."),
  pending: count().describe("Those that are not begun."),
  unavailable: count().describe("Those that are down or being worked on, for whatever reason."),
});
export type RolloutCounts = z.infer<typeof RolloutCounts>;

export const RolloutStatus = z.object({
  observedGeneration: ObservedGeneration,
  phase: RolloutPhase.optional().describe("Pending, Progressing, Waiting, Paused, Stalled or Complete."),
  message: z.string().max(32768).optional().describe("For people: what happens now, or what to do next."),
  revision: z
    .string()
    .max(63)
    .optional()
    .describe("The state of profile and Rollout that is rolled out now, as Operations are labelled with it."),
  counts: RolloutCounts.optional().describe("Servers, counted."),
  progress: z.string().max(32).optional().describe("Servers that are done, of how many."),
  conditions: Conditions.optional().describe("Single facts, each with since when and why."),
});
export type RolloutStatus = z.infer<typeof RolloutStatus>;

export const Rollout = z.object({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal("Rollout"),
  metadata: ObjectMeta,
  spec: RolloutSpec,
  status: RolloutStatus.default({}),
});
export type Rollout = z.infer<typeof Rollout>;

export const rolloutKind: KindDefinition = {
  kind: "Rollout",
  plural: "rollouts",
  singular: "rollout",
  shortNames: ["ro"],
  description:
    "One operation on many servers, a few at a time: every selected server once, and again when the profile changes.",
  spec: RolloutSpec,
  status: RolloutStatus,
  columns: [
    { name: "Operation", type: "string", jsonPath: ".spec.operation" },
    { name: "Profile", type: "string", jsonPath: ".spec.provisioningProfileRef.name" },
    { name: "Phase", type: "string", jsonPath: ".status.phase" },
    { name: "Done", type: "string", jsonPath: ".status.progress", description: "Servers done, of how many." },
    { name: "Running", type: "integer", jsonPath: ".status.counts.running" },
    { name: "Failed", type: "integer", jsonPath: ".status.counts.failed" },
    { name: "Unavailable", type: "integer", jsonPath: ".status.counts.unavailable" },
    { name: "Pending", type: "integer", jsonPath: ".status.counts.pending", priority: 1 },
    { name: "Revision", type: "string", jsonPath: ".status.revision", priority: 1 },
    { name: "Message", type: "string", jsonPath: ".status.message", priority: 1 },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
  selectableFields: [".status.phase"],
  rules: [
    {
      rule: "size(self.metadata.name) <= 63",
      message: "a Rollout's name becomes a label of its Operations: 63 characters at most",
    },
  ],
};
