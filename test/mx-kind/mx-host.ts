import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createKubeClient } from "../../src/kubernetes/http-kube-client.ts";
import type { KubeClient } from "../../src/kubernetes/client.ts";
import { exec, type ExecResult } from "../../src/lib/exec.ts";
import { testPrograms } from "../cluster/programs.ts";
import type { LoopbackTailnet } from "../tailnet/loopback-tailnet.ts";

const here = import.meta.dirname;
const stargate = join(here, "../../src/main/stargate.ts");

/** Why fake nodes cannot be made here; false where they can. */
export const nodesAreMissing =
  process.getuid?.() === 0 && existsSync("/dev/net/tun")
    ? false
    : "needs root and /dev/net/tun: sudo make test";

export interface Outcome {
  exitCode: number;
  output: string;
}

/** A host with stand-ins for docker, kind and kubectl on its PATH. */
export interface MxHost {
  /** Runs `stargate mx kind …`. */
  mxKind(argv: readonly string[], env?: Record<string, string>): Promise<Outcome>;
  /** Verbs of fake-node.sh. */
  node(...argv: string[]): Promise<ExecResult>;
  client(cluster: string): Promise<KubeClient>;
  /** Calls of docker, kind and kubectl since the last time this was asked. */
  takeCalls(): Promise<string[]>;
  /** Calls that a stand-in did not know. */
  unexpected(): Promise<string>;
  readonly keyPath: string;
  /** For programs that are to find the stand-ins. */
  readonly env: Record<string, string>;
  remove(): Promise<void>;
}

export async function makeMxHost(tailnet: LoopbackTailnet | undefined): Promise<MxHost> {
  const dir = await mkdtemp(join(tmpdir(), "sg-mx-"));
  const bin = join(dir, "bin");
  await mkdir(bin);
  await mkdir(join(dir, "nodes"));
  await writeFile(
    join(bin, "kind"),
    `#!/bin/sh\nexec "${process.execPath}" "${join(here, "fake-kind.ts")}" "$@"\n`,
  );
  await chmod(join(bin, "kind"), 0o755);
  for (const name of ["docker", "kubectl"]) await symlink(join(here, `fake-${name}.sh`), join(bin, name));
  const keyPath = join(dir, "id");
  await writeFile(keyPath, sshKey(), { mode: 0o600 });

  const program = await testPrograms();
  const port = tailnet === undefined ? "9" : new URL(tailnet.url).port;
  const env: Record<string, string> = {
    PATH: `${bin}:${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
    CI: "true",
    HOME: process.env["HOME"] ?? "/root",
    STARGATE_STATE_DIR: join(dir, "state"),
    STAND_IN_DIR: dir,
    STAND_IN_NODE: join(here, "fake-node.sh"),
    STAND_IN_PROGRAMS: dirname(program("kubeadm")),
    STAND_IN_RELAY: port,
  };
  // A test that is interrupted or runs out of time leaves nothing behind either.
  const removeAtExit = () => removeNow(dir, env);
  process.once("exit", removeAtExit);
  const relay = startRelay(`unix:${join(dir, "relay.sock")}`, `tcp:${port}`);
  let callsSeen = 0;

  const node = (...argv: string[]) => exec([join(here, "fake-node.sh"), ...argv], { env });
  const read = async (name: string) => readFile(join(dir, name), "utf8").catch(() => "");
  return {
    keyPath,
    env,
    node,
    async mxKind(argv, more = {}) {
      const result = await exec([process.execPath, stargate, "mx", "kind", ...argv], {
        env: { ...env, ...more },
        okCodes: [0, 1, 2],
        timeoutMs: 300_000,
        onLine: (line) => {
          if (process.env["STARGATE_TEST_SHOW"] !== undefined) process.stderr.write(`${line}\n`);
        },
      });
      return { exitCode: result.exitCode, output: `${result.stdout}\n${result.stderr}` };
    },
    async client(cluster) {
      const { stdout } = await exec(["kind", "get", "kubeconfig", "--name", cluster], { env });
      return createKubeClient({ kubeconfig: stdout });
    },
    async takeCalls() {
      const calls = (await read("calls")).split("\n").filter((line) => line !== "");
      const fresh = calls.slice(callsSeen);
      callsSeen = calls.length;
      return fresh;
    },
    unexpected: () => read("unexpected"),
    async remove() {
      const { stdout } = await node("list");
      for (const container of stdout.split("\n").filter((line) => line !== "")) {
        await exec(["kind", "delete", "cluster", "--name", container.replace(/-control-plane$/, "")], {
          env,
        });
      }
      relay.kill("SIGKILL");
      process.off("exit", removeAtExit);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

process.once("SIGTERM", () => process.exit(143)).once("SIGINT", () => process.exit(130));

function removeNow(dir: string, env: Record<string, string>): void {
  for (const name of readdirSync(join(dir, "nodes"))) {
    const cluster = name.replace(/-control-plane$/, "");
    spawnSync("kind", ["delete", "cluster", "--name", cluster], { env, stdio: "ignore" });
  }
  rmSync(dir, { recursive: true, force: true });
}

function startRelay(from: string, to: string): ChildProcess {
  return spawn(process.execPath, [join(here, "relay.ts"), from, to], { stdio: "ignore" });
}

function sshKey(): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return privateKey.export({ type: "pkcs1", format: "pem" }).toString();
}
