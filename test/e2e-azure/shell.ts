import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import type { Transcript } from "./transcript.ts";

/** A shell in which commands of the README are typed: variables last, each command must succeed. */
export class Shell {
  readonly env: Record<string, string>;
  readonly #transcript: Transcript;
  readonly #background: ChildProcess[] = [];

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
    this.#background.push(
      spawn("bash", ["-c", `exec ${command}`], { env: this.env, stdio: ["ignore", log, log] }),
    );
  }

  async stopBackground(): Promise<void> {
    for (const child of this.#background.splice(0)) {
      if (child.exitCode !== null) continue;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    }
  }

  async #run(command: string, isShown: boolean): Promise<string> {
    const child = spawn("bash", ["-euo", "pipefail", "-c", command], {
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (isShown) this.#transcript.write(text);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => this.#transcript.write(text));
    await once(child, "close");
    if (child.exitCode === 0) return output;
    throw new Error(`exit code ${child.exitCode}: ${command}`);
  }
}
