import { z } from "zod";

/** What ARM's bodies are made of. */
export type Json = z.core.util.JSONType;
export type JsonObject = Record<string, Json>;

export const AnyObject = z.record(z.string(), z.json());

/** The fields that are there: undefined ones are left out. */
export function compact(fields: Record<string, Json | undefined>): JsonObject {
  const kept: JsonObject = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) kept[name] = value;
  return kept;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object in this field, or an empty one. */
export function objectIn(body: JsonObject, field: string): JsonObject {
  const value = body[field];
  return isObject(value) ? value : {};
}

/** The objects in this list; undefined where there is no list. */
export function objectsIn(body: JsonObject, field: string): JsonObject[] | undefined {
  const value = body[field];
  return Array.isArray(value) ? value.filter(isObject) : undefined;
}

export function textIn(body: JsonObject, field: string): string | undefined {
  const value = body[field];
  return typeof value === "string" ? value : undefined;
}

/** Id of the resource that a field refers to: {"subnet": {"id": …}}. */
export function referenceIn(body: JsonObject, field: string): string | undefined {
  return textIn(objectIn(body, field), "id");
}
