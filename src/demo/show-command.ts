import { spawn } from "node:child_process";
import { StargateError } from "../lib/errors.ts";
import type { World } from "../lib/world.ts";

/** A command as a person would type it. */
export function commandLine(argv: readonly string[]): string {
  return argv
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
}

/**
 * Shows a command and runs it in the foreground, on this terminal. `shown` is what a person types, `argv` what is
 * started for it.
 * @throws StargateError CommandFailed; its own messages are on the terminal already
 */
export async function runShown(
  shown: readonly string[],
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  world: World,
): Promise<void> {
  const { progress, signal } = world;
  progress.say(`\n$ ${commandLine(shown)}`);
  const [file = "", ...args] = argv;
  // Ctrl-C reaches the whole process group; the child cleans up by itself and we wait for it.
  const child = spawn(file, args, { stdio: "inherit", env: { ...world.env, ...env } });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  signal.throwIfAborted();
  if (exitCode !== 0) {
    throw new StargateError("CommandFailed", `${nameOf(shown)}: exit code ${exitCode ?? "unknown"}`, {
      remedy: "Do what it says above, then run make demo again: it continues.",
    });
  }
}

/** The program and its subcommand, without what they were told. */
function nameOf(shown: readonly string[]): string {
  const firstFlag = shown.findIndex((word) => word.startsWith("-"));
  return (firstFlag < 0 ? shown : shown.slice(0, firstFlag)).join(" ");
}
