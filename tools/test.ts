// Every test. The toolchain comes first, because tests with real parts need it; then what is checked without running;
// then tests with real parts and unit tests, each once. The last line counts them all.
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { nodeTest, runSteps } from "./run-steps.ts";
import { staticChecks } from "./static-checks.ts";

runSteps([{ title: "toolchain", argv: ["bin/stargate", "toolchain"] }, ...staticChecks]);

// One file at a time: each brings up etcd, API servers or VMs of its own, and there may be two cores.
// What needs more machine than most have is left to `make nightly` (docs/testing.md).
const files = globSync(["test/**/*.test.ts", "src/**/*.test.ts", "tools/**/*.test.ts"]).filter(
  (path) => path !== "test/lab/two-datacenters.test.ts",
);
const [file, ...args] = nodeTest(files, { concurrency: 1 });
// Random faults: as many seeds as a run of every test has time for; 300 are run by hand (docs/testing.md).
const env = { STARGATE_FAULT_RUNS: "40", ...process.env };
const { status } = spawnSync(file, args, { stdio: "inherit", env });
process.exit(status ?? 1);
