import { spawnSync } from "node:child_process";

export interface ToolStep {
  title: string;
  argv: readonly [string, ...string[]];
}

/** Runs tools one after the other and stops at the first that fails, with its exit code. */
export function runSteps(steps: readonly ToolStep[]): void {
  for (const { title, argv } of steps) {
    const start = performance.now();
    const [file, ...args] = argv;
    const { status, error } = spawnSync(file, args, { stdio: "inherit" });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    if (status === 0) {
      console.log(`✓ ${title} (${seconds} s)`);
      continue;
    }
    console.error(`✗ ${title} (${seconds} s)${error ? `: ${error.message}` : ""}: ${argv.join(" ")}`);
    process.exit(status ?? 1);
  }
}

/** Arguments that run these test files under our reporter. */
export function nodeTest(
  globs: readonly string[],
  { concurrency, timeoutMs = 1_500_000 }: { concurrency?: number; timeoutMs?: number } = {},
): [string, ...string[]] {
  return [
    process.execPath,
    "--test",
    "--test-reporter=./tools/test-reporter.ts",
    "--test-reporter-destination=stdout",
    `--test-timeout=${timeoutMs}`, // a hang ends the run with a name instead of CI's silence
    ...(concurrency === undefined ? [] : [`--test-concurrency=${concurrency}`]),
    ...globs,
  ];
}
