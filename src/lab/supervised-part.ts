import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, fstatSync, openSync } from "node:fs";
import type { Clock } from "../lib/clock.ts";
import { describeError } from "../lib/errors.ts";
import { lastLines } from "../lib/exec.ts";
import { readFileFrom } from "../lib/files.ts";
import type { Env } from "../lib/paths.ts";
import { retry } from "../lib/retry.ts";
import type { Part } from "./part.ts";
import type { PartStatus } from "./supervisor-status.ts";

/** A part that does not do its work after so long is reported as failed (and still waited for). */
const READY_TIMEOUT_MS = 90_000;
/** After so many ends before it was ever ready, a part is reported as failed (and still tried again). */
const FAILED_AFTER = 3;
/** A part that ran so long before it ended is started again without delay. */
const RAN_WELL_MS = 60_000;

/** Keeps one process running: starts it, waits until it is ready, starts it again when it ends. */
export class SupervisedPart {
  readonly part: Part;
  readonly #logPath: string;
  readonly #env: Env;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #ready = Promise.withResolvers<void>();
  #endsBeforeReady = 0;
  /** Size of the log when the process was started: what follows is its own. */
  #logStart = 0;
  status: PartStatus;

  constructor(part: Part, options: { logPath: string; env: Env; clock: Clock; onChange: () => void }) {
    this.part = part;
    this.#logPath = options.logPath;
    this.#env = options.env;
    this.#clock = options.clock;
    this.#onChange = options.onChange;
    this.status = { name: part.name, state: "waiting", restarts: 0, since: this.#now() };
  }

  /** Settles when the part was ready for the first time. */
  get whenReady(): Promise<void> {
    return this.#ready.promise;
  }

  /** Runs the part until the signal aborts; then ends it, and returns once it is gone. */
  async run(signal: AbortSignal): Promise<void> {
    const isOver = () => signal.aborted;
    let quickEnds = 0;
    while (!isOver()) {
      const startedAt = this.#clock.now();
      let error: unknown;
      try {
        await this.part.prepare?.(signal);
        error = await this.#runOnce(signal);
      } catch (thrown) {
        error = thrown;
      }
      if (isOver()) break;
      if (this.status.state !== "ready") this.#endsBeforeReady++;
      quickEnds = this.#clock.now() - startedAt > RAN_WELL_MS ? 0 : quickEnds + 1;
      this.#withoutPid({
        state: this.#endsBeforeReady >= FAILED_AFTER ? "failed" : "starting",
        restarts: this.status.restarts + 1,
        lastError: await this.#explain(error),
      });
      await this.#clock.sleep(Math.min(10_000, 250 * 2 ** quickEnds), signal).catch(() => undefined);
    }
    this.#withoutPid({ state: "stopped" });
  }

  async #runOnce(signal: AbortSignal): Promise<unknown> {
    const child = this.#spawn();
    const ended = new Promise<string>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, name) =>
        resolve(name === null ? `exit code ${code ?? "unknown"}` : `ended by ${name}`),
      );
    });
    const stop = () => void this.#stop(child);
    signal.addEventListener("abort", stop, { once: true });
    const over = new AbortController();
    this.#set({
      state: this.status.state === "failed" ? "failed" : "starting",
      ...(child.pid === undefined ? {} : { pid: child.pid }),
    });
    try {
      void this.#watchReady(AbortSignal.any([signal, over.signal]));
      return await ended;
    } finally {
      over.abort();
      signal.removeEventListener("abort", stop);
    }
  }

  #spawn(): ChildProcess {
    const log = openSync(this.#logPath, "a", 0o600);
    try {
      this.#logStart = fstatSync(log).size;
      // Should the supervisor be killed, the kernel ends its children: nothing is left without a keeper.
      return spawn("setpriv", ["--pdeathsig", "KILL", "--", ...this.part.argv], {
        stdio: ["ignore", log, log],
        env: { ...this.#env, ...this.part.env },
      });
    } finally {
      closeSync(log);
    }
  }

  async #watchReady(signal: AbortSignal): Promise<void> {
    const lateFrom = this.#clock.now() + READY_TIMEOUT_MS;
    const reportLate = (error: unknown) => {
      if (this.#clock.now() < lateFrom) return;
      const lastError = `not ready after ${READY_TIMEOUT_MS / 1000} s: ${describeError(error)}`;
      this.#set({ state: "failed", lastError });
    };
    try {
      await retry(() => this.part.isReady(signal), {
        timeoutMs: Infinity,
        minDelayMs: 50,
        maxDelayMs: 500,
        signal,
        clock: this.#clock,
        isRetriable: () => true,
        onRetry: reportLate,
      });
    } catch {
      return; // the process has ended, or is to end
    }
    if (signal.aborted) return;
    this.#endsBeforeReady = 0;
    this.#set({ state: "ready" });
    this.#ready.resolve();
  }

  async #stop(child: ChildProcess): Promise<void> {
    child.kill("SIGTERM");
    await this.#clock.sleep(this.part.stopTimeoutMs).catch(() => undefined);
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  }

  async #explain(error: unknown): Promise<string> {
    const state = typeof error === "string" ? error : describeError(error);
    const log = await readFileFrom(this.#logPath, this.#logStart);
    return `${state}\n${lastLines(log, 5)}`.trim();
  }

  #set(change: Partial<Omit<PartStatus, "name" | "since">>): void {
    const since =
      change.state === undefined || change.state === this.status.state ? this.status.since : this.#now();
    this.status = { ...this.status, ...change, since };
    this.#onChange();
  }

  /** Forgets the process id of a process that has ended. */
  #withoutPid(change: Partial<Omit<PartStatus, "name" | "since" | "pid">>): void {
    delete this.status.pid;
    this.#set(change);
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}
