import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import type { Transcript } from "./transcript.ts";

/** A shell in which commands of the README are typed: variables last, each command must succeed. */
export class Shell {
  readonly env: Record<string, string>;
  readonly #transcript: Transcript;
  /** Each in a process group of its own, so that what a command started ends with it. */
  readonly #running = new Set<ChildProcess>();

  constructor(env: Record<string, string>, transcript: Transcript) {
    this.env = env;
    this.#transcript = transcript;
  }

  /** Types a command, and returns what it wrote to standard output. @throws Error where it fails */
  async type(command: string): Promise<string> {
    this.#transcript.write(`\n$ ${command.split("\n").join("\n> ")}\n`);
    const assignment = /^(?:export )?([A-Z_]+)=([^\n]*)$/.exec(command);
    if (assignment !== null) {
      const [, name = "", value = ""] = assignment;
      this.env[name] = (
        await this.#run(`printf %s ${value.startsWith("$(") ? `"${value}"` : value}`, false)
      ).trim();
      return this.env[name];
    }
    return this.#run(command, true);
  }

  /** Types a command that goes on in the background; what it says goes to a file. */
  start(command: string, logPath: string): void {
    this.#transcript.write(`\n$ ${command.split("\n").join("\n> ")} &\n`);
    const log = openSync(logPath, "a");
    this.#running.add(
      spawn("bash", ["-c", `exec ${command}`], {
        env: this.env,
        stdio: ["ignore", log, log],
        detached: true,
      }),
    );
  }

  /** Ends what goes on in the background, and the command that is being typed if there is one. */
  async stop(): Promise<void> {
    for (const child of this.#running) {
      this.#running.delete(child);
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, "exit");
      process.kill(-child.pid, "SIGTERM");
      await ended;
    }
  }

  async #run(command: string, isShown: boolean): Promise<string> {
    const child = spawn("bash", ["-euo", "pipefail", "-c", command], {
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.#running.add(child);
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (isShown) this.#transcript.write(text);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => this.#transcript.write(text));
    await once(child, "close");
    this.#running.delete(child);
    if (child.exitCode === 0) return output;
    throw new Error(`exit code ${child.exitCode}: ${command}`);
  }
}
