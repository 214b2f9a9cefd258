import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { Server } from "../../src/api/v1alpha1/server.ts";
import { LabState } from "../../src/lab/lab-state.ts";
import { run, type Outcome } from "./program.ts";

export const NAMESPACE = "simulator-dc";

export const Items = <T>(schema: z.ZodType<T>) => z.object({ items: z.array(schema) });

const Node = z.object({
  metadata: z.object({ name: z.string(), uid: z.string() }),
  status: z.object({
    nodeInfo: z.object({
      kubeletVersion: z.string(),
      machineID: z.string(),
      bootID: z.string(),
      systemUUID: z.string(),
    }),
    conditions: z.array(z.object({ type: z.string(), status: z.string() })),
  }),
});
type Node = z.infer<typeof Node>;

/** The demo's cluster, by the kubectl that goes with it. */
export class DemoCluster {
  readonly #stateDir: string;
  readonly #env: Record<string, string>;

  constructor(stateDir: string, env: Record<string, string>) {
    this.#stateDir = stateDir;
    this.#env = env;
  }

  get lab(): LabState {
    return LabState.parse(JSON.parse(readFileSync(join(this.#stateDir, "lab/lab.json"), "utf8")));
  }

  async kubectlPath(): Promise<string> {
    return (await run(["bin/stargate", "toolchain", "--print", "kubectl"], this.#env)).output.trim();
  }

  async kubectl(args: readonly string[], stdin?: string): Promise<Outcome> {
    const env = { ...this.#env, KUBECONFIG: this.lab.kubeconfigPath };
    return run([await this.kubectlPath(), ...args], env, stdin);
  }

  async read<T>(schema: z.ZodType<T>, ...args: string[]): Promise<T> {
    const { exitCode, output } = await this.kubectl(["get", ...args, "-o", "json"]);
    assert.equal(exitCode, 0, output);
    return schema.parse(JSON.parse(output));
  }

  async nodes(): Promise<Node[]> {
    return (await this.read(Items(Node), "nodes")).items;
  }

  async servers(): Promise<Server[]> {
    return (await this.read(Items(Server), "servers", "-n", NAMESPACE)).items;
  }

  async createOperation(name: string, server: string, spec: object = {}): Promise<void> {
    const operation = {
      apiVersion: "stargate.io/v1alpha1",
      kind: "Operation",
      metadata: { name, namespace: NAMESPACE },
      spec: {
        serverRef: { name: server },
        provisioningProfileRef: { name: "qemu-k8s-worker" },
        operation: "repave",
        ...spec,
      },
    };
    const { exitCode, output } = await this.kubectl(["apply", "-f", "-"], JSON.stringify(operation));
    assert.equal(exitCode, 0, output);
  }

  /** Of a worker, what a fresh disk leaves and what it changes. */
  async identity(name: string) {
    const { metadata, status } = await this.read(Node, "node", name);
    const { spec } = await this.read(Server, "server", name, "-n", NAMESPACE);
    const { machineID, bootID, systemUUID } = status.nodeInfo;
    const { ipv4, macAddress, hostKey } = spec;
    return {
      same: { ipv4, macAddress, name: metadata.name },
      other: { hostKey, machineID, bootID, systemUUID, uid: metadata.uid },
    };
  }
}
