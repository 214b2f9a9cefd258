import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { type Command, CommanderError } from "commander";
import { systemClock } from "../lib/clock.ts";
import { describeError, isAborted, StargateError, UsageError } from "../lib/errors.ts";
import { giveBack } from "../lib/give-back.ts";
import { createLog, type LogLevel } from "../lib/log.ts";
import { COMPILED_CODE, pathsFrom } from "../lib/paths.ts";
import { createProgress } from "../lib/progress.ts";
import type { World } from "../lib/world.ts";

// Starting is most of what a short command does; compiled code is kept between runs, in our cache and nowhere else.
enableCompileCache(join(pathsFrom(process.env).cacheDir, COMPILED_CODE));

// Deprecations of Node.js are for those who write programs. (One is in undici 8.12: where a kubeconfig names a SOCKS5
// proxy, an API server's address is given to TLS as a name.)
process.noDeprecation = true;

/**
 * Runs a program: builds the World from this process's arguments, environment and signals, lets `define` add the
 * commands, and turns whatever comes out into one clear message and an exit code (2 usage, 1 failure, 130 Ctrl-C).
 */
export async function runProgram(define: (world: World) => Command | Promise<Command>): Promise<void> {
  const stop = new AbortController();
  const world = worldOfThisProcess(stop.signal);
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(130); // asked twice: go now
    stop.abort(new DOMException(`stopped by ${signal}`, "AbortError"));
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  process.stdout.on("error", ignoreClosedPipe);
  process.stderr.on("error", ignoreClosedPipe);

  process.exitCode = await exitCodeOf(async () => {
    const program = await define(world);
    throwInsteadOfExiting(program);
    await program.parseAsync(process.argv);
  }, stop.signal);
  await giveBack(world.paths, world.env).catch((error: unknown) =>
    world.log.warn("Cannot give the caller of sudo what was written for him", {
      error: describeError(error),
    }),
  );
  // Idle keep-alive connections must not hold a finished program.
  process.exit();
}

async function exitCodeOf(run: () => Promise<void>, stopped: AbortSignal): Promise<number> {
  try {
    await run();
    return Number(process.exitCode ?? 0); // what it found may be a failure without being an error
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? 0 : 2; // commander has printed its message
    }
    if (stopped.aborted && (isAborted(error) || error === stopped.reason)) {
      process.stderr.write("stopped: run the same command again to continue\n");
      return 130;
    }
    process.stderr.write(`error: ${describeError(error)}\n`);
    if (error instanceof StargateError && error.remedy !== undefined) {
      process.stderr.write(`  next: ${error.remedy}\n`);
    }
    if (process.env["STARGATE_DEBUG"] !== undefined && error instanceof Error) {
      process.stderr.write(`${error.stack}\n`);
    }
    return error instanceof UsageError ? 2 : 1;
  }
}

function throwInsteadOfExiting(command: Command): void {
  command.exitOverride();
  command.showHelpAfterError("(add --help for what can be given)");
  for (const child of command.commands) throwInsteadOfExiting(child);
}

function worldOfThisProcess(signal: AbortSignal): World {
  const level = logLevel(process.env["STARGATE_LOG_LEVEL"]);
  return {
    env: process.env,
    paths: pathsFrom(process.env),
    clock: systemClock,
    log: createLog({ write: (line) => process.stderr.write(`${line}\n`), level }),
    progress: createProgress({
      write: (text) => process.stderr.write(text),
      isTerminal: process.stderr.isTTY && process.env["CI"] === undefined,
      columns: process.stderr.columns,
    }),
    print: (text) => process.stdout.write(text.endsWith("\n") ? text : `${text}\n`),
    self: [process.execPath, process.argv[1] ?? ""],
    isInteractive: process.stdin.isTTY && process.stderr.isTTY && process.env["CI"] === undefined,
    signal,
  };
}

function logLevel(text: string | undefined): LogLevel {
  return text === "debug" || text === "warn" || text === "error" ? text : "info";
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}
