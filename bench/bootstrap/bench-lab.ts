import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { API_VERSION } from "../../src/api/v1alpha1/kind.ts";
import { Operation } from "../../src/api/v1alpha1/operation.ts";
import { Server } from "../../src/api/v1alpha1/server.ts";
import type { KubeClient } from "../../src/kubernetes/client.ts";
import { createKubeClient } from "../../src/kubernetes/http-kube-client.ts";
import * as resources from "../../src/kubernetes/resources.ts";
import { readLabState, type LabState } from "../../src/lab/lab-state.ts";
import { pathsFrom } from "../../src/lib/paths.ts";
import { createDialer } from "../../src/remote/create-dialer.ts";
import type { Host } from "../../src/remote/host.ts";
import { createSshConnector } from "../../src/remote/ssh.ts";

const REPOSITORY = join(import.meta.dirname, "../..");
const NAMESPACE = "simulator-dc";
const ROUTER = "bench-router";

const Node = z.object({
  status: z.object({
    conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
  }),
});

/** A lab of the bench's own with a datacenter of two bare workers. */
export class BenchLab {
  readonly workers = ["bench-bare", "bench-operation"] as const;
  readonly cacheDir = pathsFrom(process.env).cacheDir;
  readonly #env: NodeJS.ProcessEnv;
  readonly #stateDir: string;
  #state: LabState | undefined;

  constructor(stateDir: string) {
    this.#stateDir = stateDir;
    this.#env = { ...process.env, STARGATE_STATE_DIR: stateDir };
  }

  async up(): Promise<void> {
    await this.#run("bin/stargate", "lab", "up");
    await this.#run(
      ...["bin/prep-dc-inventory", "--provider", "qemu", "--qemu-network", "rootless"],
      ...["--router-name", ROUTER, ...this.workers.flatMap((name) => ["--vm", name])],
    );
    this.#state = await readLabState(join(this.#stateDir, "lab"));
  }

  get state(): LabState {
    if (this.#state === undefined) throw new Error("the lab is not up");
    return this.#state;
  }

  async client(): Promise<KubeClient> {
    return createKubeClient({ kubeconfigPath: this.state.kubeconfigPath, env: this.#env });
  }

  async server(name: string): Promise<Server> {
    return (await this.client()).get(resources.servers, { namespace: NAMESPACE, name }, Server);
  }

  async connect(name: string): Promise<Host> {
    const { spec } = await this.server(name);
    const { socksProxy, sshPrivateKeyPath } = this.state;
    return createSshConnector(createDialer(socksProxy)).connect({
      name,
      ipv4: spec.ipv4,
      port: spec.sshPort,
      hostKey: spec.hostKey ?? "",
      username: "ubuntu",
      privateKey: await readFile(sshPrivateKeyPath, "utf8"),
    });
  }

  /** Milliseconds until the node of that name is Ready. */
  async untilReady(name: string): Promise<number> {
    const client = await this.client();
    const began = Date.now();
    await poll(async () => {
      const node = await client.getIfExists(resources.nodes, { namespace: "", name }, Node);
      return node?.status.conditions.some(({ type, status }) => type === "Ready" && status === "True");
    });
    return Date.now() - began;
  }

  /** Milliseconds from creating an Operation until it says that the node is Ready. */
  async repave(server: string): Promise<number> {
    const controller = spawn("bin/qemu-controller", ["--metrics-bind-address", "127.0.0.1:0"], {
      cwd: REPOSITORY,
      env: { ...this.#env, KUBECONFIG: this.state.kubeconfigPath },
      stdio: "ignore",
    });
    try {
      const client = await this.client();
      await client.create(resources.operations, NAMESPACE, {
        apiVersion: API_VERSION,
        kind: "Operation",
        metadata: { name: "bench", namespace: NAMESPACE },
        spec: {
          serverRef: { name: server },
          provisioningProfileRef: { name: "qemu-k8s-worker" },
          operation: "repave",
        },
      });
      const began = Date.now();
      await poll(async () => {
        const { status } = await client.get(
          resources.operations,
          { namespace: NAMESPACE, name: "bench" },
          Operation,
        );
        if (status.phase === "Failed") throw new Error(`the Operation failed: ${status.message ?? ""}`);
        return status.phase === "Succeeded";
      });
      return Date.now() - began;
    } finally {
      await stop(controller);
    }
  }

  async destroy(): Promise<void> {
    await this.#run("bin/prep-dc-inventory", "destroy", "--provider", "qemu", "--router-name", ROUTER);
    await this.#run("bin/stargate", "lab", "destroy");
  }

  async #run(program: string, ...args: string[]): Promise<void> {
    const child = spawn(program, args, { cwd: REPOSITORY, env: this.#env, stdio: "inherit" });
    const [code]: unknown[] = await once(child, "exit");
    if (code !== 0) throw new Error(`${program} ended with ${String(code)}`);
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

async function poll(isDone: () => Promise<boolean | undefined>): Promise<void> {
  while ((await isDone()) !== true) await sleep(250);
}
