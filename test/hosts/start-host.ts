import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { exec, type ExecResult } from "../../src/lib/exec.ts";
import { packagePath } from "../../src/lib/assets.ts";
import { retry } from "../../src/lib/retry.ts";
import { StargateError } from "../../src/lib/errors.ts";
import type { Dialer } from "../../src/remote/dialer.ts";
import type { Host, HostAddress } from "../../src/remote/host.ts";
import { createSshConnector } from "../../src/remote/ssh.ts";
import { ensureHostRoot, scriptPath } from "./build-root.ts";
import { SmallDisk } from "./small-disk.ts";

/** Why no test host can be started here; false where one can. It takes root to make namespaces and mounts. */
export const hostsAreMissing = ((): string | false => {
  if (userInfo().uid !== 0) return "needs root, to start hosts in namespaces";
  const { status } = spawnSync("unshare", [
    "--mount",
    "--pid",
    "--net",
    "--fork",
    "mount",
    "-t",
    "tmpfs",
    "tmpfs",
    "/mnt",
  ]);
  return status === 0 ? false : "needs the right to make namespaces and mounts";
})();

export interface TestHostOptions {
  /** Puts files on its disk before it boots for the first time. Called with the folder that lies over its root. */
  onDisk?: (folder: string) => Promise<void>;
  /** Called when it has gone down by itself, as for a restart. */
  onDown?: () => void;
}

/**
 * A host with a systemd, an sshd and a containerd of its own, in namespaces instead of a VM: up in two seconds, and
 * everything our scripts do on it is real but for the kernel's modules. Reached by SSH only, through a socket file.
 */
export class TestHost implements AsyncDisposable {
  readonly address: HostAddress;
  readonly disk: SmallDisk;
  readonly #base: string;
  readonly #folder: string;
  readonly #onDown: () => void;
  readonly #connections = new Set<Socket>();
  #unshare: ChildProcess | undefined;

  private constructor(
    base: string,
    folder: string,
    { address, disk, onDown }: { address: HostAddress; disk: SmallDisk; onDown: () => void },
  ) {
    this.#base = base;
    this.#folder = folder;
    this.#onDown = onDown;
    this.address = address;
    this.disk = disk;
  }

  static async start({ onDisk, onDown = () => undefined }: TestHostOptions = {}): Promise<TestHost> {
    const folder = await mkdtemp("/tmp/sg-host-");
    const disk = await SmallDisk.create(join(folder, "upper"));
    const ssh = join(disk.path, "disk", "etc", "ssh");
    await mkdir(ssh, { recursive: true });
    for (const path of [join(ssh, "host-key"), join(folder, "user-key")]) {
      await exec(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path]);
    }
    await writeFile(join(ssh, "authorized-keys"), await readFile(join(folder, "user-key.pub")));
    const address = {
      name: "vm-1",
      ipv4: "192.0.2.10",
      port: 22,
      username: "ubuntu",
      privateKey: await readFile(join(folder, "user-key"), "utf8"),
      hostKey: await readFile(join(ssh, "host-key.pub"), "utf8"),
    };
    const host = new TestHost(await ensureHostRoot(), folder, { address, disk, onDown });
    try {
      await onDisk?.(join(disk.path, "disk"));
      await host.boot();
      return host;
    } catch (error) {
      await host[Symbol.asyncDispose]();
      throw error;
    }
  }

  get isUp(): boolean {
    return (
      this.#unshare !== undefined && this.#unshare.exitCode === null && this.#unshare.signalCode === null
    );
  }

  /** A folder that the host sees as /shared. */
  get shared(): string {
    return join(this.#folder, "shared");
  }

  /** The way to its sshd, whatever address is dialled. */
  readonly dialer: Dialer = {
    description: "through a socket file",
    dial: async () => {
      const socket = connect(join(this.shared, "ssh.sock"));
      this.#connections.add(socket.once("close", () => this.#connections.delete(socket)));
      try {
        await once(socket, "connect");
      } catch (cause) {
        throw new StargateError("ConnectionRefused", "nobody listens", { retriable: true, cause });
      }
      return socket;
    },
  };

  async connect(): Promise<Host> {
    return createSshConnector(this.dialer).connect(this.address);
  }

  /** Runs a command in the host as root, not by SSH: how a test looks and interferes. */
  async run(...argv: readonly string[]): Promise<ExecResult> {
    return exec(
      [
        "nsenter",
        "--all",
        "--target",
        String(this.#init()),
        "env",
        "PATH=/usr/local/sbin:/usr/sbin:/usr/bin",
        ...argv,
      ],
      {
        okCodes: Array.from({ length: 256 }, (_, code) => code),
      },
    );
  }

  async boot(): Promise<void> {
    await rm(join(this.shared, "ssh.sock"), { force: true });
    const flags = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--fork", "--kill-child"];
    // However the test ends, the host ends with it.
    const child = spawn(
      "setpriv",
      [
        "--pdeathsig",
        "KILL",
        ...this.disk.enter,
        "unshare",
        ...flags,
        scriptPath("boot-host.sh"),
        this.#base,
        this.#folder,
        process.execPath,
        packagePath(""),
      ],
      {
        stdio: ["ignore", "ignore", "inherit"],
      },
    );
    this.#unshare = child;
    child.once("close", () => {
      if (this.#unshare === child) this.#onDown();
    });
    await retry(async () => (await this.connect())[Symbol.asyncDispose](), {
      timeoutMs: 90_000,
      minDelayMs: 50,
      maxDelayMs: 200,
      isRetriable: () => this.#unshare?.exitCode === null,
    });
  }

  /** Ends every SSH connection at once, as a router that dies does. */
  cutConnections(): void {
    for (const socket of this.#connections) socket.destroy();
  }

  /** Resolves when it has gone down by itself. */
  async untilDown(): Promise<void> {
    const unshare = this.#unshare;
    if (unshare !== undefined && unshare.exitCode === null) await once(unshare, "close");
  }

  /** Everything in it ends at once; what was on its disk stays for the next boot(). */
  async powerOff(): Promise<void> {
    const [unshare, init] = [this.#unshare, this.#init()];
    this.#unshare = undefined;
    if (unshare === undefined || unshare.exitCode !== null || unshare.signalCode !== null) return;
    const ended = once(unshare, "close");
    unshare.kill("SIGKILL");
    await ended;
    this.cutConnections();
    // Its child, the first process of the namespace, ends with it, but a moment later: until all others are gone.
    const isThere = (): boolean => init > 0 && existsSync(`/proc/${init}`);
    while (isThere()) await new Promise(setImmediate);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.powerOff();
    await this.disk[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #init(): number {
    const { stdout } = spawnSync("pgrep", ["--parent", String(this.#unshare?.pid)], { encoding: "utf8" });
    return Number(stdout.trim());
  }
}
