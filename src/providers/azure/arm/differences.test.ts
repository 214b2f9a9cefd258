import assert from "node:assert/strict";
import { test } from "node:test";
import { findDifferences } from "./differences.ts";

const rows: { name: string; wanted: unknown; actual: unknown; differences: string[] }[] = [
  { name: "nothing is wanted", wanted: {}, actual: { a: 1 }, differences: [] },
  { name: "what Azure adds is ignored", wanted: { a: 1 }, actual: { a: 1, etag: "x" }, differences: [] },
  { name: "undefined is not wanted", wanted: { a: undefined }, actual: {}, differences: [] },
  { name: "a value differs", wanted: { a: { b: true } }, actual: { a: { b: false } }, differences: ["a.b"] },
  { name: "a part is missing", wanted: { a: { b: 1, c: 2 } }, actual: {}, differences: ["a"] },
  {
    name: "values are missing",
    wanted: { a: { b: 1, c: 2 } },
    actual: { a: {} },
    differences: ["a.b", "a.c"],
  },
  {
    name: "ids may differ in case",
    wanted: { subnet: { id: "/subscriptions/1/resourceGroups/R" } },
    actual: { subnet: { id: "/SUBSCRIPTIONS/1/resourcegroups/r" } },
    differences: [],
  },
  { name: "names may not", wanted: { name: "a" }, actual: { name: "A" }, differences: ["name"] },
  {
    name: "a location may be written out",
    wanted: { location: "canadacentral" },
    actual: { location: "Canada Central" },
    differences: [],
  },
  {
    name: "lists of objects are matched by name, in any order",
    wanted: { rules: [{ name: "b", port: 1 }] },
    actual: {
      rules: [
        { name: "a", port: 9 },
        { name: "b", port: 2 },
      ],
    },
    differences: ["rules.b.port"],
  },
  {
    name: "an object of a list is missing",
    wanted: { rules: [{ name: "b" }] },
    actual: { rules: [] },
    differences: ["rules.b"],
  },
  {
    name: "plain lists may hold more",
    wanted: { zones: ["1"], prefixes: ["10.0.0.0/16"] },
    actual: { zones: ["1"], prefixes: ["10.1.0.0/16"] },
    differences: ["prefixes"],
  },
];

for (const { name, wanted, actual, differences } of rows) {
  void test(`findDifferences(): ${name}`, () => {
    assert.deepEqual(findDifferences(wanted, actual), differences);
  });
}
