import { createHash } from "node:crypto";
import { readAsset } from "../lib/assets.ts";
import { StargateError } from "../lib/errors.ts";
import type { Host, RunOptions, Script } from "./host.ts";
import { exportLines } from "./quote.ts";

/** Exit code of run-durable.sh where the script was ended from outside, or the host went down. */
const INTERRUPTED = 120;

export interface DurableOptions extends Pick<RunOptions, "signal" | "onLine" | "okCodes"> {
  /** Whose step this is: the same script for another Operation runs again. */
  operationUid: string;
  /** Exit codes that mean the work is done. Default: only 0. */
  doneCodes?: readonly number[];
}

/**
 * Runs a script as root in a unit of its own on the host: a lost connection or a restart of ours does not end it, and
 * the next call, with the same script and inputs, goes on listening or hears what it said. Work that is done
 * is not run twice for one Operation; a failure is.
 * @throws StargateError CommandFailed for an exit code not in okCodes; StepInterrupted (retriable); as Host does
 */
export async function runDurable(
  host: Host,
  script: Script,
  { operationUid, okCodes = [0], doneCodes = [0], signal, onLine }: DurableOptions,
): Promise<number> {
  const inputs = exportLines(script.inputs);
  const digest = createHash("sha256").update(`${inputs}\0${script.text}`).digest("hex");
  const { exitCode, stderr } = await host.runScript(
    {
      name: script.name,
      text: readAsset("remote/scripts/run-durable.sh"),
      inputs: {
        OPERATION_UID: operationUid,
        STEP: script.name,
        DIGEST: digest,
        SCRIPT: script.text,
        SCRIPT_INPUTS: inputs,
        UNIT_SCRIPT: readAsset("remote/scripts/durable-unit.sh"),
        DONE_CODES: doneCodes.join(" "),
      },
    },
    { okCodes: [...okCodes, INTERRUPTED], signal, ...(onLine === undefined ? {} : { onLine }) },
  );
  if (exitCode === INTERRUPTED) {
    const detail = stderr.trim().split("\n").at(-1) ?? "";
    throw new StargateError(
      "StepInterrupted",
      `${script.name} on ${host.name}: ended before it was done${detail === "" ? "" : ` (${detail})`}`,
      { retriable: true },
    );
  }
  return exitCode;
}

/**
 * Lets what runs of an Operation on the host come to its end for so long, then stops it; removes what its steps kept
 * but for their output.
 * @returns names of the steps that were stopped
 */
export async function stopDurable(
  host: Host,
  { operationUid, graceMs }: { operationUid: string; graceMs: number },
  signal?: AbortSignal,
): Promise<string[]> {
  const text = readAsset("remote/scripts/stop-durable.sh");
  const inputs = { OPERATION_UID: operationUid, GRACE_SECONDS: String(Math.ceil(graceMs / 1000)) };
  const { stdout } = await host.runScript({ name: "stop", text, inputs }, { signal });
  return stdout.split("\n").filter((line) => line !== "");
}
