import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { LabState } from "../../src/lab/lab-state.ts";
import { readLabStatus, type LabStatus } from "../../src/lab/lab-status.ts";
import type { PartStatus } from "../../src/lab/supervisor-status.ts";
import { packagePath } from "../../src/lib/assets.ts";
import { readStartTime } from "../../src/lib/background.ts";
import { pathsFrom } from "../../src/lib/paths.ts";
import { retry } from "../../src/lib/retry.ts";
import { testPrograms } from "../cluster/programs.ts";
import { run, type Outcome } from "./program.ts";

const PidFile = z.object({ pid: z.int() });

export interface LabUnderTest {
  /** The private STARGATE_STATE_DIR. */
  stateDir: string;
  stargate: (...args: string[]) => Promise<Outcome>;
  /** The same with more in the environment, or less where undefined. */
  stargateWith: (more: Record<string, string | undefined>, ...args: string[]) => Promise<Outcome>;
  /** The same without waiting for its end; nobody reads what it prints. */
  start: (...args: string[]) => ChildProcess;
  kubectl: (...args: string[]) => Promise<Outcome>;
  /** What kubectl prints; its failure fails the test. */
  ask: (...args: string[]) => Promise<string>;
  state: () => LabState;
  /** What `lab status -o json` prints. */
  status: () => Promise<LabStatus>;
  part: (name: string) => Promise<PartStatus>;
  /** Resolves with the status once it is as wanted. */
  waitFor: (what: string, isWanted: (status: LabStatus) => boolean) => Promise<LabStatus>;
  supervisorPid: () => number;
  /** Stops whatever runs and removes everything. */
  remove: () => Promise<void>;
}

/** A lab of the test's own, run from source; nothing is up yet. `start` makes the command line of a run. */
export function labUnderTest(
  options: { parent?: string; start?: (args: readonly string[]) => [string, ...string[]] } = {},
): LabUnderTest {
  const parent = options.parent ?? mkdtempSync("/tmp/sg-");
  const stateDir = join(parent, "s");
  const env = { ...ownEnv(), STARGATE_STATE_DIR: stateDir, CI: "true" };
  const program = packagePath("src/main/stargate.ts");
  const commandLine = options.start ?? ((args) => [process.execPath, program, ...args]);
  const stargate = (...args: string[]) => run(commandLine(args), env);
  leaveNothing(parent, stateDir);
  const state = () => LabState.parse(JSON.parse(readFileSync(join(stateDir, "lab/lab.json"), "utf8")));
  let kubectlPath: string | undefined;
  const kubectl = async (...args: string[]) => {
    kubectlPath ??= (await testPrograms())("kubectl");
    const kubeconfig = `--kubeconfig=${state().kubeconfigPath}`;
    return run([kubectlPath, kubeconfig, `--cache-dir=${join(parent, "kubectl")}`, ...args], env);
  };
  const status = () => readLabStatus({ paths: pathsFrom({ STARGATE_STATE_DIR: stateDir }) });
  return {
    stateDir,
    stargate,
    stargateWith: (more, ...args) => run(commandLine(args), definedOnly({ ...env, ...more })),
    start(...args) {
      const [file, ...rest] = commandLine(args);
      return spawn(file, rest, { env, stdio: "ignore" });
    },
    kubectl,
    state,
    status,
    async ask(...args) {
      const { exitCode, output } = await kubectl(...args);
      assert.equal(exitCode, 0, output);
      return output;
    },
    async part(name) {
      const found = (await status()).parts.find((part) => part.name === name);
      assert.ok(found, `there is no part ${name}`);
      return found;
    },
    waitFor: (what, isWanted) =>
      retry(
        async () => {
          const seen = await status();
          assert.ok(isWanted(seen), `${what}: ${JSON.stringify(seen)}`);
          return seen;
        },
        { timeoutMs: 90_000, minDelayMs: 100, maxDelayMs: 500 },
      ),
    supervisorPid: () =>
      z.object({ pid: z.int() }).parse(JSON.parse(readFileSync(join(stateDir, "lab/supervisor.pid"), "utf8")))
        .pid,
    async remove() {
      if (existsSync(join(stateDir, "lab"))) await stargate("lab", "destroy");
      await rm(parent, { recursive: true, force: true });
    },
  };
}

function ownEnv(): Record<string, string> {
  return definedOnly(process.env);
}

function definedOnly(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** A test that is interrupted or runs out of time leaves nothing behind either: with the supervisor its parts end. */
function leaveNothing(parent: string, stateDir: string): void {
  process.on("exit", () => {
    const pidPath = join(stateDir, "lab/supervisor.pid");
    const { pid } = existsSync(pidPath)
      ? PidFile.parse(JSON.parse(readFileSync(pidPath, "utf8")))
      : { pid: undefined };
    if (pid !== undefined && isAlive(pid)) process.kill(pid, "SIGKILL");
    rmSync(parent, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  });
  if (process.listenerCount("SIGTERM") > 0) return;
  process.once("SIGTERM", () => process.exit(143)).once("SIGINT", () => process.exit(130));
}

export function isAlive(pid: number): boolean {
  return readStartTime(pid) !== undefined;
}

/** Ids of the processes that name this folder on their command line or hold a file of it open. */
export function processesOf(folder: string): string[] {
  return globSync("/proc/[0-9]*").flatMap((proc) => {
    try {
      const line = readFileSync(join(proc, "cmdline"), "utf8").replaceAll("\0", " ");
      const files = globSync(join(proc, "fd/*")).map(readLink);
      return line.includes(folder) || files.some((file) => file.startsWith(folder))
        ? [`${proc}: ${line}`]
        : [];
    } catch {
      return []; // it has ended meanwhile
    }
  });
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // closed meanwhile
  }
}

/** Local addresses that these processes listen on, TCP and UDP. */
export async function listenersOf(pids: readonly number[]): Promise<string[]> {
  const { exitCode, output } = await run(["ss", "-Hltunp"], ownEnv());
  assert.equal(exitCode, 0, output);
  return output
    .split("\n")
    .filter((line) => pids.some((pid) => line.includes(`pid=${pid},`)))
    .map((line) => line.split(/\s+/)[4] ?? line);
}
