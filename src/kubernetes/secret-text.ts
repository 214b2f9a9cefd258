import type { Secret } from "./schemas.ts";

/** A value of a Secret as text, or undefined where it is missing or empty. */
export function secretText(secret: Secret, key: string): string | undefined {
  const text = Buffer.from(secret.data[key] ?? "", "base64").toString("utf8");
  return text.trim() === "" ? undefined : text;
}
