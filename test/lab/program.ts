import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";

export interface Outcome {
  exitCode: number | null;
  /** Standard output and standard error as they came. */
  output: string;
}

/** A private place for one test's lab: short, as unix socket paths have 107 bytes. */
export function privateState(): { stateDir: string; env: Record<string, string> } {
  const stateDir = mkdtempSync("/tmp/sg-");
  return { stateDir, env: { ...definedEnv(), STARGATE_STATE_DIR: join(stateDir, "s"), CI: "true" } };
}

/** Runs one of our programs to its end; its output is shown as it comes when STARGATE_TEST_SHOW is set. */
export async function run(
  argv: readonly [string, ...string[]],
  env: Record<string, string>,
  stdin?: string,
): Promise<Outcome> {
  const [file, ...args] = argv;
  const child = spawn(file, args, { env, stdio: ["pipe", "pipe", "pipe"] });
  // Who ends without reading it says so by its exit code.
  child.stdin.on("error", () => undefined).end(stdin ?? "");
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (process.env["STARGATE_TEST_SHOW"] !== undefined) process.stderr.write(text);
    });
  }
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { exitCode, output };
}

function definedEnv(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
