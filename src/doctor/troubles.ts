import assert from "node:assert/strict";
import type { Finding } from "./finding.ts";

/** For tests. Findings that are not in order, a line each: "red router: it is off". What is wrong must say what to do. */
export function troubles(findings: readonly Finding[]): string[] {
  const bad = findings.filter(({ state }) => state === "red" || state === "warning");
  for (const { check, remedy } of bad)
    assert.match(remedy ?? "", /^[A-Z`].*\.$|^[A-Z`].*[^.]$/, `${check} has no remedy`);
  return bad.map(({ check, state, found }) => `${state} ${check}: ${found}`);
}
