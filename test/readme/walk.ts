import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packagePath } from "../../src/lib/assets.ts";
import { pathsFrom } from "../../src/lib/paths.ts";
import { retry } from "../../src/lib/retry.ts";
import { run, type Outcome } from "../lab/program.ts";

/**
 * Runs blocks of shell as a person does who has just cloned the repository: in a copy of it, one after another in what
 * is as good as one shell, with a home of their own.
 */
export class Walk {
  /** The copy of the repository. */
  readonly checkout: string;
  readonly env: Record<string, string>;
  readonly #folder: string;
  #count = 0;

  private constructor(folder: string, env: Record<string, string>) {
    this.#folder = folder;
    this.checkout = join(folder, "checkout");
    const home = join(folder, "home");
    this.env = {
      ...env,
      HOME: home,
      PATH: `${join(folder, "bin")}:${env["PATH"] ?? ""}`,
      STARGATE_CACHE_DIR: pathsFrom(process.env).cacheDir,
      STARGATE_LOG_DIR: join(folder, "logs"),
      KEEP_CACHE: "1", // it is everybody's, and takes a quarter of an hour to make
    };
    for (const dir of [home, join(folder, "bin"), join(folder, "logs")]) mkdirSync(dir, { recursive: true });
  }

  /** `env` names a private state folder; whatever is made lies in `folder`. */
  static async begin(folder: string, env: Record<string, string>): Promise<Walk> {
    const walk = new Walk(folder, env);
    const copied = await run([packagePath("test/readme/copy-checkout.sh"), walk.checkout], walk.env);
    if (copied.exitCode !== 0) throw new Error(`cannot copy the repository: ${copied.output}`);
    return walk;
  }

  /** Puts a program on the walk's PATH. */
  addProgram(name: string, path: string): void {
    symlinkSync(path, join(this.#folder, "bin", name));
  }

  /** Runs one block to its end. */
  async run(text: string): Promise<Outcome> {
    const place = (name: string) => join(this.#folder, name);
    const name = `block-${++this.#count}`;
    writeFileSync(place(name), `cd '${this.checkout}'\n${text}\n`);
    const log = place(`${name}.log`);
    const script = packagePath("test/readme/run-block.sh");
    const { exitCode } = await run(
      [script, place(name), place("exports"), place("background"), log],
      this.env,
    );
    return { exitCode, output: readFileSync(log, "utf8") };
  }

  /**
   * Ends what blocks left in the background.
   * @returns the process ids of those that had ended before: a command in the background that failed
   */
  async endBackground(): Promise<number[]> {
    const file = join(this.#folder, "background");
    if (!existsSync(file)) return [];
    const pids = readFileSync(file, "utf8").split("\n").filter(Boolean).map(Number);
    const ended = pids.filter((pid) => !isRunning(pid));
    for (const pid of pids) if (isRunning(pid)) process.kill(pid, "SIGTERM");
    await retry(
      async () => {
        if (pids.some(isRunning)) throw new Error(`still running: ${pids.filter(isRunning).join(", ")}`);
        return Promise.resolve();
      },
      { timeoutMs: 90_000, minDelayMs: 50, maxDelayMs: 500 },
    );
    writeFileSync(file, "");
    return ended;
  }
}

function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

/** The commands that the demo says to try next: what stands before two spaces, line by line. */
export function nextStepsOf(output: string): string {
  const [, list = ""] = output.split("What to try next:\n");
  return list
    .split("\n")
    .flatMap((line) => /^ {2}(\S.*?)(?: {2,}.*)?$/.exec(line)?.[1] ?? [])
    .filter((command) => !command.startsWith("make "))
    .join("\n");
}
