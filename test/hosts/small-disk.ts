import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { exec } from "../../src/lib/exec.ts";

const SIZE = "4G";

/**
 * A file system in memory that can be made full, in a mount namespace of its own: it goes when this program does,
 * however that ends. What is on it outlives the host that uses it, as a disk outlives a boot.
 */
export class SmallDisk implements AsyncDisposable {
  readonly #mountPoint: string;
  readonly #holder: ChildProcess;

  private constructor(mountPoint: string, holder: ChildProcess) {
    this.#mountPoint = mountPoint;
    this.#holder = holder;
  }

  static async create(mountPoint: string): Promise<SmallDisk> {
    await mkdir(mountPoint, { recursive: true });
    const hold = `mount -t tmpfs -o size=${SIZE} tmpfs "$1" && echo mounted && exec sleep infinity`;
    const holder = spawn(
      "setpriv",
      [
        ...["--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private"],
        ...["sh", "-c", hold, "hold", mountPoint],
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    await once(holder.stdout, "data");
    return new SmallDisk(mountPoint, holder);
  }

  /** Where this program finds it. */
  get path(): string {
    return `/proc/${this.#holder.pid}/root${this.#mountPoint}`;
  }

  /** What goes before a command that has to find it at its mount point. */
  get enter(): [string, ...string[]] {
    return ["nsenter", "--mount", "--target", String(this.#holder.pid)];
  }

  /** Not one more byte can be written. */
  async fill(): Promise<void> {
    const { stdout } = await exec([...this.enter, "df", "--output=used", "-B1", this.#mountPoint]);
    await this.#resize((stdout.split("\n")[1] ?? "").trim());
  }

  async makeRoom(): Promise<void> {
    await this.#resize(SIZE);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return;
    const ended = once(this.#holder, "close");
    this.#holder.kill("SIGKILL");
    await ended;
  }

  async #resize(size: string): Promise<void> {
    await exec([...this.enter, "mount", "-o", `remount,size=${size}`, this.#mountPoint]);
  }
}
