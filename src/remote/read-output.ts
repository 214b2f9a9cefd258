import { readAsset } from "../lib/assets.ts";
import type { Host } from "./host.ts";

/** Exit code of read-output.sh where the host keeps nothing of this Operation. */
const NOTHING_KEPT = 101;
/** More than the script waits for news, for the way there and back. */
const SPARE_MS = 20_000;

/** A piece of what one run of a durable script said. A step that is tried again has several runs. */
export interface OutputPart {
  step: string;
  /** 1 is the first run. */
  run: number;
  /** Where in the run's output `content` begins. */
  offset: number;
  content: Buffer;
}

export interface OutputRequest {
  operationUid: string;
  /** Undefined for every step. */
  step: string | undefined;
  /** How many bytes of which run are known already. */
  known: readonly { step: string; run: number; bytes: number }[];
  /** How long to wait for news where there is none. */
  waitSeconds: number;
}

/**
 * What durable scripts of an Operation said beyond what is known: whole or not at all, so that asking again after a lost
 * connection neither loses nor repeats anything. Undefined where the host keeps nothing of the Operation.
 * @throws StargateError as Host does
 */
export async function readOutput(
  host: Host,
  { operationUid, step = "", known, waitSeconds }: OutputRequest,
  signal?: AbortSignal,
): Promise<OutputPart[] | undefined> {
  const { stdout, exitCode } = await host.runScript(
    {
      name: "read-output",
      text: readAsset("remote/scripts/read-output.sh"),
      inputs: {
        OPERATION_UID: operationUid,
        STEP: step,
        KNOWN: known.map((one) => `${one.step} ${one.run} ${one.bytes}`).join("\n"),
        WAIT_SECONDS: String(waitSeconds),
      },
    },
    { okCodes: [0, NOTHING_KEPT], signal, timeoutMs: waitSeconds * 1000 + SPARE_MS },
  );
  return exitCode === NOTHING_KEPT ? undefined : parseOutput(stdout);
}

/** The lines of read-output.sh; one that is none is left out. */
export function parseOutput(text: string): OutputPart[] {
  return text.split("\n").flatMap((line) => {
    const match = /^(\S+) ([0-9]+) ([0-9]+) (\S+)$/.exec(line);
    const [, step, run, offset, content] = match ?? [];
    return step === undefined || content === undefined
      ? []
      : [{ step, run: Number(run), offset: Number(offset), content: Buffer.from(content, "base64") }];
  });
}
