import { generateKeyPairSync, randomBytes } from "node:crypto";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, rmSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import type { KubeClient } from "../../src/kubernetes/client.ts";
import { createKubeClient } from "../../src/kubernetes/http-kube-client.ts";
import { applyManifests } from "../../src/kubernetes/apply-manifests.ts";
import { namespaces } from "../../src/kubernetes/resources.ts";
import { renderCrds } from "../../src/api/crds.ts";
import { packagePath } from "../../src/lib/assets.ts";
import { lastLines } from "../../src/lib/exec.ts";
import { retry } from "../../src/lib/retry.ts";
import { testPrograms } from "./programs.ts";

export interface TestApiServer {
  url: string;
  /** Speaks as system:masters. */
  kubeconfigPath: string;
  client: KubeClient;
  /** A user with no rights at all. */
  outsiderKubeconfigPath: string;
  etcdUrl: string;
  /** What the outsider asked of it, one JSON object a line; empty where it was not started to note that. */
  auditLogPath: string;
  /** Kills the API server (etcd goes on). */
  kill(): Promise<void>;
  /** Starts a killed API server on the same port, and waits until it is ready. */
  start(): Promise<void>;
  restart(): Promise<void>;
  /** Kills everything and removes what it wrote. */
  stop(): Promise<void>;
}

/**
 * A real etcd and kube-apiserver on free loopback ports, with keys and tokens that are thrown away, ready in a few
 * seconds. `crds: true` installs ours, `audit: true` notes what the outsider asks of it.
 */
export async function startApiServer(
  options: { crds?: boolean; audit?: boolean } = {},
): Promise<TestApiServer> {
  const program = await testPrograms();
  const dir = await mkdtemp(join(tmpdir(), "sg-api-"));
  folders.add(dir);
  const [etcdPort, peerPort, apiPort] = await freePorts(3);
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  const url = `https://127.0.0.1:${apiPort}`;
  const kubeconfigPath = join(dir, "admin.conf");
  const outsiderKubeconfigPath = join(dir, "outsider.conf");
  const tokens = { admin: randomBytes(16).toString("hex"), outsider: randomBytes(16).toString("hex") };
  await writeFile(join(dir, "service-account.key"), serviceAccountKey(), { mode: 0o600 });
  await writeFile(
    join(dir, "tokens.csv"),
    `${tokens.admin},test-admin,1,"system:masters"\n${tokens.outsider},outsider,2\n`,
    { mode: 0o600 },
  );

  const etcd = runBehind(program("etcd"), join(dir, "etcd.log"), [
    `--data-dir=${join(dir, "etcd")}`,
    `--listen-client-urls=${etcdUrl}`,
    `--advertise-client-urls=${etcdUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
    "--unsafe-no-fsync",
  ]);
  let apiServer: ChildProcess | undefined;
  const killApiServer = async (): Promise<void> => {
    await killAndWait(apiServer);
    apiServer = undefined;
  };
  const stop = async (): Promise<void> => {
    await killApiServer();
    await killAndWait(etcd);
    await rm(dir, { recursive: true, force: true });
  };
  const logPath = join(dir, "kube-apiserver.log");
  const auditLogPath = join(dir, "audit.log");
  const audit =
    options.audit === true
      ? [
          `--audit-policy-file=${packagePath("test/cluster/audit-policy.yaml")}`,
          `--audit-log-path=${auditLogPath}`,
        ]
      : [];
  let client: KubeClient | undefined;
  const start = async (): Promise<void> => {
    const child = runBehind(program("kube-apiserver"), logPath, [
      ...apiServerFlags(dir, etcdUrl, apiPort),
      ...audit,
    ]);
    apiServer = child;
    client = await retry(
      async () => {
        if (child.exitCode !== null) throw new Error("kube-apiserver ended");
        const caPem = await readFile(join(dir, "certs", "apiserver.crt"), "utf8");
        await writeFile(kubeconfigPath, kubeconfig(url, caPem, tokens.admin), { mode: 0o600 });
        await writeFile(outsiderKubeconfigPath, kubeconfig(url, caPem, tokens.outsider), { mode: 0o600 });
        const connected = client ?? (await createKubeClient({ kubeconfigPath, env: {} }));
        // "default" is made by the last of the start-up hooks we depend on.
        await connected.get(namespaces, { namespace: "", name: "default" }, z.unknown());
        return connected;
      },
      { timeoutMs: 90_000, minDelayMs: 100, maxDelayMs: 300, isRetriable: () => child.exitCode === null },
    );
  };

  try {
    await start();
    if (client === undefined) throw new Error("kube-apiserver gave no answer");
    if (options.crds === true) await applyManifests(client, renderCrds());
    const restart = async (): Promise<void> => {
      await killApiServer();
      await start();
    };
    const kill = killApiServer;
    const paths = { kubeconfigPath, outsiderKubeconfigPath, auditLogPath };
    return { url, ...paths, client, etcdUrl, kill, start, restart, stop };
  } catch (error) {
    const log = await readFile(logPath, "utf8").catch(() => "");
    await stop();
    throw new Error(`Cannot start an API server for tests:\n${lastLines(log, 20)}`, { cause: error });
  }
}

function apiServerFlags(dir: string, etcdUrl: string, port: number): string[] {
  const key = join(dir, "service-account.key");
  return [
    `--etcd-servers=${etcdUrl}`,
    `--secure-port=${port}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    "--endpoint-reconciler-type=none",
    `--cert-dir=${join(dir, "certs")}`,
    `--service-account-key-file=${key}`,
    `--service-account-signing-key-file=${key}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    "--service-cluster-ip-range=10.96.0.0/16",
    `--token-auth-file=${join(dir, "tokens.csv")}`,
    "--authorization-mode=Node,RBAC",
    "--enable-bootstrap-token-auth",
    // There is no controller manager to make the default service accounts that Pods would need.
    "--disable-admission-plugins=ServiceAccount",
    "--shutdown-delay-duration=0s",
    // Without this the first seconds go by in waiting for its own leases.
    "--enable-priority-and-fairness=false",
  ];
}

function serviceAccountKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "sec1", format: "pem" }).toString();
}

function kubeconfig(server: string, caPem: string, token: string): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    clusters: [
      {
        name: "test",
        cluster: { server, "certificate-authority-data": Buffer.from(caPem).toString("base64") },
      },
    ],
    users: [{ name: "test", user: { token } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
  });
}

// A test that is interrupted or runs out of time leaves nothing behind either.
const running = new Set<ChildProcess>();
const folders = new Set<string>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});
process.once("SIGTERM", () => process.exit(143)).once("SIGINT", () => process.exit(130));

function runBehind(file: string, logPath: string, args: readonly string[]): ChildProcess {
  const log = openSync(logPath, "a", 0o600);
  const child = spawn(file, args, { stdio: ["ignore", log, log] });
  closeSync(log);
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

async function killAndWait(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

async function freePorts(count: 3): Promise<[number, number, number]>;
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address !== null && typeof address === "object") ports.push(address.port);
  }
  for (const server of servers) server.close();
  return ports;
}
