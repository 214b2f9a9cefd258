import { readAsset } from "../lib/assets.ts";
import { StargateError } from "../lib/errors.ts";
import { runDurable } from "../remote/durable-script.ts";
import type { NodeBundle } from "../toolchain/node-bundle.ts";
import type { HostFacts } from "./host-facts.ts";
import type { BootstrapRequest, HostRequest, StepControl } from "./worker-bootstrap.ts";

/** Folder of the node bundle the controller holds for a version. Need not exist. */
export type BundleFolder = (version: string, architecture: "amd64" | "arm64") => string;

/** What earlier steps found out. Found out again by each run: nothing of it has to outlive us. */
export interface Facts {
  host?: HostFacts;
  /** Undefined where packages are installed instead. */
  bundle?: NodeBundle;
}

/** What every step works with. */
export interface ScriptContext extends HostRequest, StepControl {
  /** The step's name. */
  name: string;
}

/** What a step of the bootstrap works with. */
export interface StepContext extends ScriptContext, BootstrapRequest {
  facts: Facts;
  bundleFolder: BundleFolder;
}

/** A script's way to say that all was so already. */
const NOTHING_TO_DO = 100;

/** The package repository or the mirror does not answer. */
export const UNREACHABLE = 103;

/** No script has this exit code: stands for a command that met a full disk. */
const DISK_FULL = -1;

/** What an exit code of a script means to people. */
export interface Failure {
  reason: string;
  /** What the host is not, or what is wrong with it. */
  message: string;
  remedy: string;
  retriable?: boolean;
}

export type Failures = Readonly<Record<number, Failure>>;

const DISK_FULL_TEXT = /no space left on device/i;

/** The error that tells of a full disk where a command failed for one; any other error as it is. */
export function withDiskFull(ctx: ScriptContext, error: unknown): unknown {
  const isCommand = error instanceof StargateError && error.reason === "CommandFailed";
  return isCommand && DISK_FULL_TEXT.test(error.message)
    ? failure(ctx, NO_DISK_SPACE, DISK_FULL, error.message)
    : error;
}

/** Runs src/bootstrap/scripts/<file> durably, and turns its exit codes into outcomes and errors. */
export async function runStepScript(
  ctx: ScriptContext,
  file: string,
  inputs: Readonly<Record<string, string>>,
  failures: Failures = {},
): Promise<"done" | "skipped"> {
  const said = { last: "", isDiskFull: false };
  const exitCode = await runDurable(
    ctx.host,
    { name: ctx.name, text: scriptText(file), inputs },
    {
      operationUid: ctx.work.operation.metadata.uid,
      doneCodes: [0, NOTHING_TO_DO],
      okCodes: [0, NOTHING_TO_DO, ...Object.keys(failures).map(Number)],
      signal: ctx.signal,
      onLine(line) {
        const text = line.trim();
        // kubeadm names what it found first, and says last how to pass over it.
        if (text !== "" && !said.last.startsWith("[ERROR ")) said.last = text;
        said.isDiskFull ||= DISK_FULL_TEXT.test(line);
        ctx.onLine(line);
      },
    },
  ).catch((error: unknown) => {
    if (said.isDiskFull && error instanceof StargateError && error.reason === "CommandFailed")
      return DISK_FULL;
    throw error;
  });
  if (exitCode === NOTHING_TO_DO) return "skipped";
  if (exitCode === 0) return "done";
  // Whatever a script makes of it: a full disk is what to tell.
  throw said.isDiskFull
    ? failure(ctx, NO_DISK_SPACE, DISK_FULL, said.last)
    : failure(ctx, failures, exitCode, said.last);
}

/** The error for an exit code of a script. `detail`: what the script said about it. */
export function failure(
  ctx: ScriptContext,
  failures: Failures,
  exitCode: number,
  detail = "",
): StargateError {
  const { reason, message, remedy, retriable = false } = failures[exitCode] ?? UNKNOWN;
  const { name } = ctx.work.server.metadata;
  return new StargateError(
    reason,
    `Cannot make ${name} a node: ${message}${detail === "" ? "" : ` (${detail})`}`,
    { remedy, retriable },
  );
}

/** Text of a file in src/bootstrap/scripts. */
export function scriptText(file: string): string {
  return readAsset(`bootstrap/scripts/${file}`);
}

const NO_DISK_SPACE: Failures = {
  [DISK_FULL]: {
    reason: "NoDiskSpace",
    message: "its disk is full",
    remedy: "Free space on the host or give it a larger disk, then create a new Operation.",
  },
};

const UNKNOWN: Failure = {
  reason: "CommandFailed",
  message: "a script ended with an exit code it does not have",
  remedy: "Look at the Operation's step and at /var/lib/stargate/journal on the host.",
};
