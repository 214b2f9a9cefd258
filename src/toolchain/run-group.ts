import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { StargateError } from "../lib/errors.ts";
import { isErrno } from "../lib/files.ts";

export interface RunGroupOptions {
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  onLine?: (line: string) => void;
  signal: AbortSignal;
}

export interface RunGroupResult {
  exitCode: number;
  stdout: string;
  /** Lines of standard error, the last few hundred. */
  errorLines: string[];
}

const graceMs = 5_000;

/**
 * Runs a compiler driver with the compilers it starts as one group, so that aborting stops all of them: an interrupt
 * first, which lets it clean up its temporary files, and a kill for what does not end on it. A driver may end on its
 * interrupt a moment after it started a compiler that never saw one, so what it leaves behind is killed as well.
 */
export async function runGroup(
  argv: readonly [string, ...string[]],
  { cwd, env, onLine, signal }: RunGroupOptions,
): Promise<RunGroupResult> {
  signal.throwIfAborted();
  const [file, ...args] = argv;
  const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let killTimer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    signalGroup(child.pid, "SIGINT");
    killTimer = setTimeout(() => signalGroup(child.pid, "SIGKILL"), graceMs);
  };
  signal.addEventListener("abort", stop, { once: true });
  child.once("exit", () => {
    if (signal.aborted) signalGroup(child.pid, "SIGKILL");
  });
  const errorLines: string[] = [];
  createInterface(child.stderr).on("line", (line) => {
    errorLines.push(line);
    if (errorLines.length > 400) errorLines.splice(0, 200);
    onLine?.(line);
  });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  try {
    await once(child, "close");
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    throw new StargateError("ProgramMissing", `Cannot run ${file}: it is not installed`);
  } finally {
    clearTimeout(killTimer);
    signal.removeEventListener("abort", stop);
  }
  signal.throwIfAborted();
  if (child.signalCode !== null) errorLines.push(`${file} was ended from outside: ${child.signalCode}`);
  return { exitCode: child.exitCode ?? -1, stdout, errorLines };
}

function signalGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    if (!isErrno(error, "ESRCH")) throw error;
  }
}
