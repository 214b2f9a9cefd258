import { globSync } from "node:fs";
import type { ToolStep } from "./run-steps.ts";

const own = (pattern: string): string[] =>
  globSync(pattern, { exclude: (path) => ["node_modules", "dist", "bin"].includes(path) });

const shell = own("{src,scripts,tools,test,bench}/**/*.sh");
const yaml = own("{src,config,test,docs}/**/*.yaml");

/** What is checked without running anything of ours. */
export const staticChecks: readonly ToolStep[] = [
  { title: "types", argv: ["tsc", "--noEmit"] },
  { title: "lint", argv: ["oxlint", "--type-aware", "--deny-warnings"] },
  { title: "format", argv: ["prettier", "--check", "--log-level", "warn", "."] },
  { title: "CRDs are generated", argv: [process.execPath, "tools/generate.ts", "--check"] },
  { title: "shellcheck", argv: ["shellcheck", "--severity=style", ...shell, ".ci/run"] },
  { title: "yamllint", argv: ["yamllint", "--strict", "-c", ".yamllint.yaml", ...yaml] },
];
