import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { renderCrd } from "./render-crd.ts";
import type { KindDefinition } from "./v1alpha1/kind.ts";
import { kinds } from "./v1alpha1/kinds.ts";

const Rendered = z.object({
  spec: z.object({
    versions: z.tuple([
      z.object({
        schema: z.object({
          openAPIV3Schema: z.object({
            properties: z.object({
              spec: z.record(z.string(), z.unknown()),
              status: z.record(z.string(), z.unknown()),
            }),
          }),
        }),
      }),
    ]),
  }),
});

function kindWith(spec: z.ZodType): KindDefinition {
  return {
    kind: "Thing",
    plural: "things",
    singular: "thing",
    shortNames: ["th"],
    description: "A thing.",
    spec,
    status: z.object({}),
    columns: [],
    selectableFields: [],
    rules: [],
  };
}

function specOf(spec: z.ZodType): Record<string, unknown> {
  const [version] = Rendered.parse(parse(renderCrd(kindWith(spec)))).spec.versions;
  return version.schema.openAPIV3Schema.properties.spec;
}

void test("renderCrd() writes a value that is a number or a text as the one kind of both that Kubernetes has", () => {
  const amount = z.union([z.int(), z.string()]).meta({ "x-kubernetes-int-or-string": true, maxLength: 4 });

  const spec = specOf(z.object({ amount: amount.default(1).describe("How many.") }));

  assert.deepEqual(spec["properties"], {
    amount: { default: 1, description: "How many.", "x-kubernetes-int-or-string": true, maxLength: 4 },
  });
});

void test("renderCrd() leaves fields with a default optional, inside nested objects too", () => {
  const inner = z.object({ mode: z.string().default("fast"), name: z.string() });

  const spec = specOf(z.object({ inner: inner.default({ name: "a", mode: "slow" }) }));

  assert.deepEqual(spec, {
    description: "What is wanted.",
    type: "object",
    properties: {
      inner: {
        type: "object",
        default: { name: "a", mode: "slow" },
        properties: { mode: { type: "string", default: "fast" }, name: { type: "string" } },
        required: ["name"],
      },
    },
  });
});

void test("renderCrd() bounds integers by what was asked, not by what JavaScript can hold", () => {
  const spec = specOf(z.object({ port: z.int().min(1).max(65535), count: z.int().min(0), any: z.int() }));

  assert.deepEqual(spec["properties"], {
    port: { type: "integer", minimum: 1, maximum: 65535, format: "int64" },
    count: { type: "integer", minimum: 0, format: "int64" },
    any: { type: "integer", format: "int64" },
  });
});

void test("renderCrd() keeps the value type of a map and drops what would close an object", () => {
  const spec = specOf(z.object({ labels: z.record(z.string(), z.string()), open: z.strictObject({}) }));

  assert.deepEqual(spec["properties"], {
    labels: { type: "object", additionalProperties: { type: "string" } },
    open: { type: "object", properties: {} },
  });
});

const notStructural: [what: string, spec: z.ZodType, message: RegExp][] = [
  ["a union of types", z.object({ port: z.union([z.int(), z.string()]) }), /\.port: .*no anyOf/],
  [
    "a value that may be null and is of two types",
    z.object({ a: z.union([z.null(), z.int()]) }),
    /\.a: .*anyOf/,
  ],
  ["a value of any type", z.object({ any: z.unknown() }), /\.any: every value needs a type/],
  [
    "a union inside a list",
    z.object({ list: z.array(z.union([z.int(), z.string()])) }),
    /\.list\[\]: .*anyOf/,
  ],
];
for (const [what, spec, message] of notStructural) {
  void test(`renderCrd() refuses ${what}, which a structural schema cannot say`, () => {
    assert.throws(() => renderCrd(kindWith(spec)), message);
  });
}

void test("renderCrd() describes every field of every kind of ours for kubectl explain", () => {
  const silent = kinds.flatMap((kind) => {
    const [version] = Rendered.parse(parse(renderCrd(kind))).spec.versions;
    const { spec, status } = version.schema.openAPIV3Schema.properties;
    return [...undescribed(spec, `${kind.kind}.spec`), ...undescribed(status, `${kind.kind}.status`)];
  });

  assert.deepEqual(silent, []);
});

const Described = z.object({
  description: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).default({}),
  items: z.unknown().optional(),
});

function undescribed(schema: unknown, path: string): string[] {
  const { description, properties, items } = Described.parse(schema);
  return [
    ...(description === undefined ? [path] : []),
    ...Object.entries(properties).flatMap(([name, value]) => undescribed(value, `${path}.${name}`)),
    // The list itself is described; of its items, the fields.
    ...(items === undefined ? [] : undescribed(items, `${path}[]`).filter((at) => at !== `${path}[]`)),
  ];
}
