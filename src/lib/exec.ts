import { execa } from "execa";
import { StargateError } from "./errors.ts";

export interface ExecOptions {
  cwd?: string;
  /** Added to the parent's environment. Secrets may go here or to stdin, never into argv. */
  env?: Record<string, string>;
  stdin?: string;
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
  /** Called with each line of stdout and stderr as it comes. */
  onLine?: (line: string) => void;
  /** Exit codes that are an answer rather than a failure. Default: only 0. */
  okCodes?: readonly number[];
}

export interface ExecResult {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/**
 * Runs a program on this host, without a shell.
 * @throws StargateError ProgramMissing when it is not installed, CommandFailed with its last lines when it fails
 */
export async function exec(
  argv: readonly [string, ...string[]],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const [file, ...args] = argv;
  const child = execa(file, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.stdin === undefined ? { stdin: "ignore" } : { input: options.stdin }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    forceKillAfterDelay: 5_000,
    maxBuffer: 64 * 1024 * 1024,
    reject: false,
    all: true,
  });
  const { onLine } = options;
  if (onLine !== undefined) {
    const follow = async () => {
      for await (const line of child.iterable({ from: "all" })) onLine(line);
    };
    follow().catch(() => undefined); // the failure itself comes out of the child below
  }
  const result = await child;
  const { stdout, stderr, exitCode } = result;
  if (exitCode !== undefined && (options.okCodes ?? [0]).includes(exitCode))
    return { stdout, stderr, exitCode };

  options.signal?.throwIfAborted();
  if (result.code === "ENOENT") {
    throw new StargateError("ProgramMissing", `Cannot run ${file}: it is not installed`, {
      remedy: `Install ${file} and run the command again.`,
    });
  }
  const tail = lastLines(stderr.trim() === "" ? stdout : stderr, 6);
  const state = stateOf(result, options.timeoutMs);
  throw new StargateError(
    "CommandFailed",
    `${file} ${args[0] ?? ""}: ${state}${tail === "" ? "" : `\n${tail}`}`,
  );
}

function stateOf(
  result: { timedOut: boolean; exitCode?: number | undefined; signal?: string | undefined },
  timeoutMs = 0,
): string {
  if (result.timedOut) return `no end after ${timeoutMs} ms`;
  return result.exitCode === undefined
    ? `ended by ${result.signal ?? "a signal"}`
    : `exit code ${result.exitCode}`;
}

/** The last `count` non-empty lines of a text. */
export function lastLines(text: string, count: number): string {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count)
    .join("\n");
}
