import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { extract } from "tar-stream";
import { readAsset } from "../lib/assets.ts";
import { StargateError } from "../lib/errors.ts";
import { exec, type ExecResult } from "../lib/exec.ts";
import { exportLines } from "../remote/quote.ts";

export interface RunOptions {
  signal: AbortSignal;
  timeoutMs?: number;
  okCodes?: readonly number[];
  onLine?: (line: string) => void;
}

/** kind's container that is a node, reached by docker exec. Every call may be repeated. */
export interface NodeContainer {
  readonly name: string;
  /** Runs a program in it. */
  run(argv: readonly string[], options: RunOptions): Promise<ExecResult>;
  /** Runs a script of node/ in it. Script and inputs go by standard input: neither shows in a list of processes. */
  runScript(
    script: string,
    inputs: Readonly<Record<string, string>>,
    options: RunOptions,
  ): Promise<ExecResult>;
  /** Text of a file in it, also while it is stopped; undefined where there is none. */
  readFile(path: string, signal: AbortSignal): Promise<string | undefined>;
  /** Copies a file of this host into a folder of it. */
  copyInto(localPath: string, folder: string, signal: AbortSignal): Promise<void>;
  start(signal: AbortSignal): Promise<void>;
  isRunning(signal: AbortSignal): Promise<boolean>;
}

const DEFAULT_TIMEOUT_MS = 60_000;

export function nodeContainer(name: string): NodeContainer {
  return {
    name,
    run: (argv, { timeoutMs = DEFAULT_TIMEOUT_MS, ...options }) =>
      exec(["docker", "exec", name, ...argv], { ...options, timeoutMs }),
    runScript: (script, inputs, { timeoutMs = DEFAULT_TIMEOUT_MS, ...options }) =>
      exec(["docker", "exec", "--interactive", name, "bash", "-s"], {
        ...options,
        timeoutMs,
        stdin: `${exportLines(inputs)}${readAsset(`mx-kind/node/${script}`)}`,
      }),
    async readFile(path, signal) {
      const argv = ["docker", "cp", `${name}:${path}`, "-"] as const;
      try {
        const { stdout } = await exec(argv, { signal, timeoutMs: DEFAULT_TIMEOUT_MS });
        return await onlyFileOf(stdout);
      } catch (error) {
        if (error instanceof StargateError && /could not find the file/i.test(error.message))
          return undefined;
        throw error;
      }
    },
    async copyInto(localPath, folder, signal) {
      await exec(["docker", "cp", localPath, `${name}:${folder}/`], { signal, timeoutMs: 5 * 60_000 });
    },
    async start(signal) {
      await exec(["docker", "start", name], { signal, timeoutMs: DEFAULT_TIMEOUT_MS });
    },
    async isRunning(signal) {
      const argv = ["docker", "inspect", "--format", "{{.State.Running}}", name] as const;
      return (await exec(argv, { signal, timeoutMs: DEFAULT_TIMEOUT_MS })).stdout.trim() === "true";
    },
  };
}

/** Content of the text file in the tar that "docker cp" prints. */
async function onlyFileOf(tar: string): Promise<string | undefined> {
  for await (const entry of Readable.from([Buffer.from(tar)]).pipe(extract())) return text(entry);
  return undefined;
}
