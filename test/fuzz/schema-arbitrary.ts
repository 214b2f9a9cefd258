import * as fc from "fast-check";
import { z } from "zod";

/** The parts of an OpenAPI schema in our CRDs that say what a value may be. */
export const Schema = z.object({
  type: z.enum(["object", "array", "string", "integer", "boolean"]),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).default([]),
  items: z.unknown().optional(),
  additionalProperties: z.unknown().optional(),
  enum: z.array(z.string()).optional(),
  pattern: z.string().optional(),
  format: z.string().optional(),
  minLength: z.number().default(0),
  maxLength: z.number().default(64),
  minimum: z.number().default(0),
  maximum: z.number().default(Number.MAX_SAFE_INTEGER),
  maxItems: z.number().default(3),
});
export type Schema = z.infer<typeof Schema>;

/** Texts that people and programs stumble over. */
const ODD_TEXTS = [
  "",
  " ",
  "\n",
  "../..",
  "null",
  "💥",
  "%2e%2e",
  "$(id)",
  "a'b\"c",
  "\u202e",
  "x".repeat(4000),
];

/** Values that this schema allows, as far as it says so itself; rules (CEL) may still refuse them. */
export function valuesOf(schema: unknown): fc.Arbitrary<unknown> {
  const parsed = Schema.parse(schema);
  switch (parsed.type) {
    case "object":
      return objectsOf(parsed);
    case "array":
      return fc.array(valuesOf(parsed.items), { maxLength: Math.min(parsed.maxItems, 3) });
    case "string":
      return textsOf(parsed);
    case "integer":
      return fc.integer({ min: parsed.minimum, max: parsed.maximum });
    case "boolean":
      return fc.boolean();
  }
}

/** The same, with something in it that is of the wrong kind now and then. */
export function valuesOrNot(schema: unknown): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 3, arbitrary: valuesOf(schema) }, { weight: 1, arbitrary: fc.anything() });
}

function objectsOf({ properties = {}, required, additionalProperties }: Schema): fc.Arbitrary<unknown> {
  if (additionalProperties !== undefined) {
    return fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), valuesOf(additionalProperties), { maxKeys: 3 });
  }
  const fields = Object.entries(properties).map(([name, schema]) => [name, valuesOf(schema)] as const);
  return fc.record(Object.fromEntries(fields), { requiredKeys: required });
}

function textsOf({ enum: words, pattern, format, minLength, maxLength }: Schema): fc.Arbitrary<string> {
  if (words !== undefined) return fc.constantFrom(...words);
  if (format === "ipv4") return fc.ipV4();
  if (format === "date-time")
    return fc.oneof(timesOf(), fc.constantFrom("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"));
  if (pattern !== undefined) {
    return fc.stringMatching(new RegExp(pattern)).filter((text) => text.length <= maxLength);
  }
  const odd = ODD_TEXTS.filter((text) => text.length >= minLength && text.length <= maxLength);
  return fc.oneof(
    fc.string({ minLength, maxLength: Math.min(maxLength, 64) }),
    fc.constantFrom(...odd, "x".repeat(minLength + 1)),
  );
}

function timesOf(): fc.Arbitrary<string> {
  const date = fc.date({ min: new Date("2000-01-01"), max: new Date("2100-01-01"), noInvalidDate: true });
  return date.map((at) => at.toISOString());
}
