import type { Host, RunOptions, RunResult, Script, UploadOptions } from "./host.ts";
import { StargateError } from "../lib/errors.ts";

export interface FakeAnswer {
  stdout?: string;
  stderr?: string;
  exitCode?: number;
}

/** A host for tests that only knows what it was told: any other command, script or upload fails, and so does what comes after its disposal. */
export class FakeHost implements Host {
  readonly name = "worker";
  /** Commands (argv joined by blanks) and scripts ("script <name>"), in order, with uploads as "upload <path>". */
  readonly calls: string[] = [];
  readonly scripts: Script[] = [];
  #isClosed = false;
  readonly #answers: Map<string, FakeAnswer | FakeAnswer[]>;

  /**
   * Answers by command ("cat /etc/machine-id"), script ("script reset-node") or upload ("upload /path"); of a list,
   * one each time, the last one for ever.
   */
  constructor(answers: Record<string, FakeAnswer | FakeAnswer[]>) {
    this.#answers = new Map(Object.entries(answers));
  }

  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return this.#answer(argv.join(" "), options);
  }

  async runScript(script: Script, options: RunOptions = {}): Promise<RunResult> {
    this.scripts.push(script);
    return this.#answer(`script ${script.name}`, options);
  }

  async upload(_localPath: string, remotePath: string, options: UploadOptions = {}): Promise<void> {
    this.#answer(`upload ${remotePath}`, options);
    await Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    await Promise.resolve();
  }

  #answer(call: string, { onLine, okCodes = [0], signal }: RunOptions): RunResult {
    signal?.throwIfAborted();
    if (this.#isClosed)
      throw new StargateError("ConnectionLost", "the connection was closed", { retriable: true });
    this.calls.push(call);
    const answer = this.#answers.get(call);
    if (answer === undefined) throw new Error(`the fake host was not told about: ${call}`);
    const one = Array.isArray(answer) ? (answer.length > 1 ? answer.shift() : answer[0]) : answer;
    const { stdout = "", stderr = "", exitCode = 0 } = one ?? {};
    for (const line of `${stdout}${stderr}`.split("\n").filter((text) => text !== "")) onLine?.(line);
    if (!okCodes.includes(exitCode)) {
      throw new StargateError(
        "CommandFailed",
        `${call} on ${this.name}: exit code ${exitCode}\n${stderr}${stdout}`,
      );
    }
    return { stdout, stderr, exitCode };
  }
}
