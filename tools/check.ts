// The inner loop: types, lint, format, generated files, shell and YAML linters, unit tests. Under two minutes.
import { nodeTest, runSteps } from "./run-steps.ts";
import { staticChecks } from "./static-checks.ts";

runSteps([
  ...staticChecks,
  { title: "unit tests", argv: nodeTest(["src/**/*.test.ts", "tools/**/*.test.ts"], { timeoutMs: 120_000 }) },
]);
