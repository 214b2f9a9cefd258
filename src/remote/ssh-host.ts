import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client, ClientChannel } from "ssh2";
import { readAsset } from "../lib/assets.ts";
import { StargateError } from "../lib/errors.ts";
import { lastLines } from "../lib/exec.ts";
import { redact } from "../lib/redact.ts";
import type { Host, RunOptions, RunResult, Script, UploadOptions } from "./host.ts";
import { LineSplitter } from "./line-splitter.ts";
import { exportLines, quoteArgv } from "./quote.ts";

/** Exit code of receive-file.sh. */
const CHECKSUM_MISMATCH = 104;

type Source = string | Uint8Array | Readable;

/** A host over one SSH connection; commands run side by side in channels of it. */
export class SshHost implements Host {
  readonly name: string;
  readonly #client: Client;
  #lost: Error | undefined;
  /** Called when the connection goes. Not a promise: each race with one that outlives it would stay in memory. */
  readonly #whenLost = new Set<() => void>();

  /** What goes before a command that needs root. */
  readonly #asRoot: readonly string[];

  constructor(name: string, username: string, client: Client) {
    this.name = name;
    this.#asRoot = username === "root" ? [] : ["sudo", "-n", "--"];
    this.#client = client;
    client.on("error", (error) => (this.#lost ??= error));
    client.once("close", () => {
      this.#lost ??= new Error("the connection was closed");
      for (const tell of this.#whenLost) tell();
    });
  }

  run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const command = quoteArgv(options.sudo === true ? [...this.#asRoot, ...argv] : argv);
    return this.#exec(command, argv[0] ?? "", options.stdin ?? "", options);
  }

  runScript(script: Script, options: Omit<RunOptions, "stdin" | "sudo"> = {}): Promise<RunResult> {
    const text = `${exportLines(script.inputs)}${script.text}`;
    return this.#exec(quoteArgv([...this.#asRoot, "bash", "-s"]), script.name, text, options);
  }

  async upload(localPath: string, remotePath: string, options: UploadOptions = {}): Promise<void> {
    const { mode = 0o644, sha256 = "", signal, onProgress } = options;
    const { size } = await stat(localPath);
    const file = createReadStream(localPath);
    const source =
      onProgress === undefined ? file : Readable.from(counting(file, (sent) => onProgress(sent, size)));
    const inputs = exportLines({
      TARGET: remotePath,
      MODE: mode.toString(8),
      SIZE: String(size),
      SHA256: sha256,
    });
    // One exec: the shell reads its program from the argument, the content from stdin.
    const receive = `${inputs}${readAsset("remote/scripts/receive-file.sh")}`;
    const command = quoteArgv([...this.#asRoot, "bash", "-c", receive]);
    const { exitCode } = await this.#exec(command, `upload of ${remotePath}`, source, {
      signal,
      okCodes: [0, CHECKSUM_MISMATCH],
    });
    if (exitCode === CHECKSUM_MISMATCH) {
      throw new StargateError(
        "ChecksumMismatch",
        `Cannot bring ${localPath} to ${this.name}: its checksum is not ${sha256}`,
        { remedy: "The file was changed or damaged: make it again." },
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.end();
    await Promise.resolve();
  }

  async #exec(
    command: string,
    title: string,
    stdin: Source,
    options: Omit<RunOptions, "stdin" | "sudo">,
  ): Promise<RunResult> {
    const { signal, timeoutMs, onLine, okCodes = [0] } = options;
    signal?.throwIfAborted();
    const { channel, end } = await this.#open(command, title);
    const lines = new LineSplitter(onLine);
    let stdout = "";
    let stderr = "";
    channel.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      lines.push(text);
    });
    channel.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      lines.push(text);
    });
    const outcome = { timedOut: false };
    const stop = () => {
      channel.signal("TERM"); // closing alone would leave the command running on the host
      channel.close();
      end.tell();
    };
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            outcome.timedOut = true;
            stop();
          }, timeoutMs);
    signal?.addEventListener("abort", stop, { once: true });
    this.#whenLost.add(end.tell);
    if (signal?.aborted === true) stop(); // while the channel was opened
    if (this.#lost !== undefined) end.tell();
    try {
      // A command that ends without reading its input closes the pipe: its exit code says more than that.
      if (stdin instanceof Readable) pipeline(stdin, channel).catch(() => undefined);
      else channel.end(stdin);
      await end.told;
      const { exitCode } = end;
      lines.end();
      signal?.throwIfAborted();
      if (outcome.timedOut) {
        throw new StargateError(
          "CommandTimeout",
          `${title} on ${this.name}: no end after ${timeoutMs ?? 0} ms`,
        );
      }
      if (exitCode === undefined) throw this.#lostError(title);
      if (!okCodes.includes(exitCode)) {
        // Masked before it is cut: the end of a private key does not look like one.
        const tail = lastLines(redact(stderr.trim() === "" ? stdout : stderr), 8);
        throw new StargateError(
          "CommandFailed",
          `${title} on ${this.name}: exit code ${exitCode}${tail === "" ? "" : `\n${tail}`}`,
        );
      }
      return { stdout, stderr, exitCode };
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      this.#whenLost.delete(end.tell);
    }
  }

  async #open(command: string, title: string): Promise<Opened> {
    if (this.#lost !== undefined) throw this.#lostError(title);
    const opened = Promise.withResolvers<Opened>();
    const onLost = () => opened.reject(this.#lostError(title));
    this.#whenLost.add(onLost);
    try {
      this.#client.exec(command, (error, channel) => {
        if (error) opened.reject(this.#lostError(title, error));
        else opened.resolve({ channel, end: listenForEnd(channel) });
      });
    } catch (error) {
      opened.reject(this.#lostError(title, error)); // thrown where the connection ended a moment ago
    }
    return opened.promise.finally(() => this.#whenLost.delete(onLost));
  }

  #lostError(title: string, cause: unknown = this.#lost): StargateError {
    return new StargateError("ConnectionLost", `${title} on ${this.name}: the SSH connection was lost`, {
      retriable: true,
      cause,
    });
  }
}

/** A command that was begun. */
interface Opened {
  channel: ClientChannel;
  end: CommandEnd;
}

interface CommandEnd {
  /** Undefined where the connection ended, or we stopped, before it was told. */
  exitCode: number | undefined;
  told: Promise<void>;
  tell: () => void;
}

/** At once: a quick command's exit code may be in the same packet as the news that it was begun. */
function listenForEnd(channel: ClientChannel): CommandEnd {
  const { promise: told, resolve: tell } = Promise.withResolvers<void>();
  const end: CommandEnd = { exitCode: undefined, told, tell };
  channel
    .on("exit", (code: number | null, signalName?: string) => {
      end.exitCode = code ?? (signalName === undefined ? undefined : 128);
    })
    .once("close", tell)
    .on("error", () => tell());
  return end;
}

/** The same bytes; says how many have gone. A listener would do, but it would start the stream before its time. */
async function* counting(
  source: AsyncIterable<Buffer>,
  onSent: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  let sent = 0;
  for await (const part of source) {
    yield part;
    onSent((sent += part.length));
  }
}
