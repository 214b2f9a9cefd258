import type { LabelSelector, LabelSelectorRequirement } from "../../api/v1alpha1/label-selector.ts";

/** Pure: whether something with these labels is selected. All that the selector says must be so. */
export function isSelected(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const hasLabels = Object.entries(selector.matchLabels).every(([key, value]) => labels[key] === value);
  return hasLabels && selector.matchExpressions.every((requirement) => isMet(requirement, labels));
}

function isMet(
  { key, operator, values }: LabelSelectorRequirement,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn": // as Kubernetes has it: also where there is no such label
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}
