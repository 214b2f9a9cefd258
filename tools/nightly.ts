// What takes too long for every change: many seeds of random faults. Each failure says how to run it alone.
import { spawnSync } from "node:child_process";

const env = {
  ...{ STARGATE_CHAOS_RUNS: "200", STARGATE_FAULT_RUNS: "300", STARGATE_FUZZ_OBJECTS: "10000" },
  ...process.env,
};
const files = [
  ...["test/chaos/*.test.ts", "test/fuzz/*.test.ts", "test/azure/random-faults.test.ts"],
  "test/lab/two-datacenters.test.ts", // six virtual machines at once
];
const { status } = spawnSync(
  process.execPath,
  [
    ...["--test", "--test-concurrency=1", "--test-reporter=./tools/test-reporter.ts"],
    ...["--test-reporter-destination=stdout", ...files],
  ],
  { stdio: "inherit", env },
);
process.exit(status ?? 1);
