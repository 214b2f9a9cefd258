// How long a program of ours takes to print its help, beside Node.js that does nothing: node bench/cli-start.ts
// What else runs on the machine slows both, so the ratio says more than the milliseconds.
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";

const RUNS = 15;
const ALLOWED_MS = 150;

function millisecondsOf(argv: readonly [string, ...string[]]): number {
  const [program, ...args] = argv;
  const start = performance.now();
  const { status } = spawnSync(program, args, { stdio: "ignore" });
  if (status !== 0) throw new Error(`${argv.join(" ")} ended with ${status}: run "make build" first`);
  return performance.now() - start;
}

function medianOf(argv: readonly [string, ...string[]]): number {
  millisecondsOf(argv); // reads it from the disk
  const times = Array.from({ length: RUNS }, () => millisecondsOf(argv)).sort((a, b) => a - b);
  return times[Math.floor(RUNS / 2)] ?? Number.NaN;
}

const bare = medianOf([process.execPath, "-e", "0"]);
process.stdout.write(`node -e 0                ${bare.toFixed(0).padStart(4)} ms\n`);
for (const program of globSync("bin/*").sort()) {
  const median = medianOf([program, "--help"]);
  process.stdout.write(
    `${`${program} --help`.padEnd(25)}${median.toFixed(0).padStart(4)} ms, ${(median / bare).toFixed(1)} times that\n`,
  );
  if (median > ALLOWED_MS) process.exitCode = 1;
}
