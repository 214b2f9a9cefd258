import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { CONTROLLER_FLAGS } from "../../src/lib/own-program.ts";
import { API_PORT_ON_HOST } from "./chaos-host.ts";
import { LEASE_SECONDS } from "./plan.ts";

export interface ControllerOptions {
  /** The built qemu-controller. */
  program: string;
  kubeconfig: string;
  namespace: string;
  socksPort: number;
  cacheDir: string;
  stateDir: string;
  skewMs: number;
  /** Waits for its Lease before it works. */
  elects: boolean;
  /** Flags besides those that say where everything is. */
  flags?: readonly string[];
  onLine: (line: string) => void;
}

/** The real controller as a program of its own, so that kill -9 is what it says. */
export class ControllerProcess {
  readonly #options: ControllerOptions;
  #child: ChildProcess | undefined;
  /** How it ended when nobody had killed it. */
  crashes: string[] = [];

  constructor(options: ControllerOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  start(): void {
    if (this.#child !== undefined) return;
    const { program, kubeconfig, namespace, socksPort, skewMs, cacheDir, stateDir, onLine } = this.#options;
    const { flags = [], elects } = this.#options;
    const skew = skewMs === 0 ? [] : ["--import", fileURLToPath(new URL("skewed-clock.ts", import.meta.url))];
    const child = spawn(
      "setpriv",
      [
        ...["--pdeathsig", "KILL", process.execPath, ...skew, ...CONTROLLER_FLAGS, program],
        ...["--kubeconfig", kubeconfig, "--namespace", namespace, ...electionFlags(elects)],
        ...["--control-plane-ip", "127.0.0.1", "--control-plane-port", String(API_PORT_ON_HOST)],
        ...["--tailnet-proxy", `socks5://127.0.0.1:${socksPort}`, "--metrics-bind-address", "0"],
        ...flags,
      ],
      {
        stdio: ["ignore", "ignore", "pipe"],
        env: {
          PATH: process.env["PATH"],
          HOME: stateDir,
          STARGATE_CACHE_DIR: cacheDir,
          STARGATE_STATE_DIR: stateDir,
          STARGATE_TEST_SKEW_MS: String(skewMs),
        },
      },
    );
    this.#child = child;
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (this.#child === child) onLine(line); // what a killed one had still said is no moment for anything
    });
    child.once("exit", (code, signal) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.crashes.push(`the controller ended by itself: ${code ?? signal}`);
    });
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }
}

function electionFlags(elects: boolean): string[] {
  if (!elects) return ["--no-leader-elect"];
  const { duration, renewDeadline, retryPeriod } = LEASE_SECONDS;
  return [
    ...["--leader-elect-lease-duration", `${duration}s`],
    ...["--leader-elect-renew-deadline", `${renewDeadline}s`],
    ...["--leader-elect-retry-period", `${retryPeriod}s`],
  ];
}
