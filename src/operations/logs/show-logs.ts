import type { Operation } from "../../api/v1alpha1/operation.ts";
import { StargateError } from "../../lib/errors.ts";
import type { World } from "../../lib/world.ts";
import type { Host } from "../../remote/host.ts";
import { readOutput } from "../../remote/read-output.ts";
import { findOperation } from "../find-operation.ts";
import { checkBegun, checkStep } from "./check-step.ts";
import { openHost, type HostAccess } from "./open-host.ts";
import { OutputLines } from "./output-lines.ts";
import { createLinePrinter } from "./print-lines.ts";

export interface LogsRequest extends HostAccess {
  namespace: string;
  name: string;
  /** Undefined for every step. */
  step: string | undefined;
}

/**
 * Prints what an Operation's steps have said on its server so far.
 * @throws StargateError OperationNotFound, NotBegun, OutputGone; as openHost does
 */
export async function showLogs(request: LogsRequest, { print, signal, progress }: World): Promise<void> {
  const { client, namespace, name, step } = request;
  const operation = await findOperation(client, { namespace, name }, signal);
  checkStep(operation, step);
  checkBegun(operation, step);
  await using host = await openHost(operation, request, signal);
  const lines = new OutputLines();
  const show = createLinePrinter({ print, isBare: step !== undefined });
  const isKept = await readToEnd(operation, { host, step, lines, show }, signal);
  if (lines.known().length > 0) return;
  if (!isKept) throw gone(operation);
  progress.say(describeSilence(operation, step));
}

export interface Reading {
  host: Host;
  step: string | undefined;
  lines: OutputLines;
  show: ReturnType<typeof createLinePrinter>;
}

/** Shows all there is now, to the last line. False where the host keeps nothing of the Operation. */
export async function readToEnd(
  operation: Operation,
  { host, step, lines, show }: Reading,
  signal: AbortSignal,
): Promise<boolean> {
  const steps = stepsOf(operation);
  for (;;) {
    const question = { operationUid: operation.metadata.uid, step, known: lines.known(), waitSeconds: 0 };
    const parts = await readOutput(host, question, signal);
    if (parts === undefined || parts.length === 0) {
      show(lines.end(), operation);
      return parts !== undefined;
    }
    show(lines.take(parts, steps), operation);
  }
}

export function stepsOf({ status }: Operation): string[] {
  return (status.steps ?? []).map(({ name }) => name);
}

function gone({ metadata, spec, status }: Operation): StargateError {
  const { name } = spec.serverRef;
  const last = status.message === undefined ? "" : `; the Operation says: ${status.message}`;
  return new StargateError(
    "OutputGone",
    `Server ${name} keeps no output of Operation "${metadata.name}"${last}`,
    {
      remedy:
        "A server keeps the output of the last ten Operations that ran something on it, until it is installed anew.",
    },
  );
}

function describeSilence({ status }: Operation, name: string | undefined): string {
  const step = status.steps?.find((one) => one.name === name);
  if (step === undefined) return "Nothing has been said on the server yet";
  const said = step.message === undefined ? "" : `; it says: ${step.message}`;
  return `Step ${step.name} (${step.state}) has said nothing on the server${said}`;
}
