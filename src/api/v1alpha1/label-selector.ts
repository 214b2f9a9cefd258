import { z } from "zod";
import { celRules } from "./kind.ts";

/** metav1.LabelSelectorRequirement. */
export const LabelSelectorRequirement = z
  .object({
    key: z.string().min(1).max(316).describe("Key of the label."),
    operator: z
      .enum(["In", "NotIn", "Exists", "DoesNotExist"])
      .describe("In, NotIn, Exists or DoesNotExist."),
    values: z
      .array(z.string().max(63))
      .max(64)
      .default([])
      .describe("Values that the label has, or has not. For In and NotIn only."),
  })
  .meta(
    celRules(
      {
        rule: "!(self.operator in ['In', 'NotIn']) || (has(self.values) && size(self.values) > 0)",
        message: "In and NotIn need values",
      },
      {
        rule: "self.operator in ['In', 'NotIn'] || !has(self.values) || size(self.values) == 0",
        message: "Exists and DoesNotExist take no values",
      },
    ),
  );
export type LabelSelectorRequirement = z.infer<typeof LabelSelectorRequirement>;

/** metav1.LabelSelector, but that it has to select by something: what selects everything is asked for in words. */
export const LabelSelector = z
  .object({
    matchLabels: z
      .record(z.string(), z.string().max(63))
      .default({})
      .meta({ maxProperties: 16 })
      .describe("Labels with exactly these values."),
    matchExpressions: z.array(LabelSelectorRequirement).max(16).default([]).describe("What else must be so."),
  })
  .meta(
    celRules({
      rule: "(has(self.matchLabels) && size(self.matchLabels) > 0) || (has(self.matchExpressions) && size(self.matchExpressions) > 0)",
      message:
        "name a label: for every server of a namespace, one that they all have ({key: stargate.io/provider, operator: Exists})",
    }),
  );
export type LabelSelector = z.infer<typeof LabelSelector>;
