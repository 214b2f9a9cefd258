import assert from "node:assert/strict";
import { test } from "node:test";
import { LabelSelector } from "../../api/v1alpha1/label-selector.ts";
import { isSelected } from "./is-selected.ts";

const labels = { rack: "7", zone: "north" };

const rows: [what: string, selector: object, isIn: boolean][] = [
  ["a label with its value", { matchLabels: { rack: "7" } }, true],
  ["a label with another value", { matchLabels: { rack: "8" } }, false],
  ["two labels, one of them with another value", { matchLabels: { rack: "7", zone: "south" } }, false],
  [
    "one of several values",
    { matchExpressions: [{ key: "rack", operator: "In", values: ["6", "7"] }] },
    true,
  ],
  ["one of values it has not", { matchExpressions: [{ key: "rack", operator: "In", values: ["6"] }] }, false],
  [
    "a label's absence from values",
    { matchExpressions: [{ key: "rack", operator: "NotIn", values: ["7"] }] },
    false,
  ],
  [
    "that, of a label it has not",
    { matchExpressions: [{ key: "gpu", operator: "NotIn", values: ["yes"] }] },
    true,
  ],
  ["a label, whatever its value", { matchExpressions: [{ key: "zone", operator: "Exists" }] }, true],
  ["a label it has not", { matchExpressions: [{ key: "gpu", operator: "Exists" }] }, false],
  ["the absence of a label", { matchExpressions: [{ key: "gpu", operator: "DoesNotExist" }] }, true],
  [
    "labels and expressions, of which one is not so",
    {
      matchLabels: { rack: "7" },
      matchExpressions: [{ key: "zone", operator: "DoesNotExist" }],
    },
    false,
  ],
];
for (const [what, selector, isIn] of rows) {
  void test(`isSelected() by ${what} is ${isIn}`, () => {
    assert.equal(isSelected(LabelSelector.parse(selector), labels), isIn);
  });
}
