import { z } from "zod";
import { API_VERSION, type Condition } from "../../src/api/v1alpha1/kind.ts";
import { Operation } from "../../src/api/v1alpha1/operation.ts";
import { Rollout } from "../../src/api/v1alpha1/rollout.ts";
import { operations, rollouts, servers } from "../../src/kubernetes/resources.ts";
import type { TestApiServer } from "../cluster/start-api-server.ts";
import type { ControllerWorld } from "./controller-world.ts";

const EventRecord = z.object({
  type: z.string(),
  reason: z.string(),
  regarding: z.object({ kind: z.string(), name: z.string() }),
});

/** One namespace's Rollouts, and what they make, as somebody with kubectl sees and writes them. */
export class RolloutObjects {
  readonly #world: ControllerWorld;
  readonly #cluster: TestApiServer;
  readonly #namespace: string;

  constructor(world: ControllerWorld) {
    this.#world = world;
    this.#cluster = world.cluster;
    this.#namespace = world.namespace;
  }

  /** Servers of rack 7, which the Rollouts of tests are about. */
  async createServers(names: readonly string[], provider = "qemu"): Promise<void> {
    for (const name of names) {
      await this.#cluster.client.create(servers, this.#namespace, {
        apiVersion: API_VERSION,
        kind: "Server",
        metadata: { name, namespace: this.#namespace, labels: { rack: "7" } },
        spec: { ipv4: "192.168.100.10", provider, hostKey: "ssh-ed25519 AAAA" },
      });
    }
  }

  async create(name: string, spec: object = {}): Promise<void> {
    await this.#cluster.client.create(rollouts, this.#namespace, {
      apiVersion: API_VERSION,
      kind: "Rollout",
      metadata: { name, namespace: this.#namespace },
      spec: {
        selector: { matchLabels: { rack: "7" } },
        provisioningProfileRef: { name: "worker" },
        operation: "repave",
        ...spec,
      },
    });
  }

  async change(name: string, spec: object): Promise<void> {
    await this.#cluster.client.mergePatch(rollouts, { namespace: this.#namespace, name }, { spec });
  }

  async delete(name: string): Promise<void> {
    await this.#cluster.client.delete(rollouts, { namespace: this.#namespace, name });
  }

  async waitUntilGone(name: string): Promise<void> {
    const ref = { namespace: this.#namespace, name };
    await this.#world.waitFor(`the end of Rollout ${name}`, async () => {
      const rollout = await this.#cluster.client.getIfExists(rollouts, ref, Rollout);
      return { isSo: rollout === undefined, value: rollout ?? "gone" };
    });
  }

  /** The Rollout once it is as told. */
  async waitFor(name: string, isSo: (rollout: Rollout) => boolean): Promise<Rollout> {
    return this.#world.waitFor(`Rollout ${name}`, async () => {
      const value = await this.#cluster.client.get(rollouts, { namespace: this.#namespace, name }, Rollout);
      return { isSo: value.status.observedGeneration === value.metadata.generation && isSo(value), value };
    });
  }

  async waitForPhase(name: string, phase: string): Promise<Rollout> {
    return this.waitFor(name, ({ status }) => status.phase === phase);
  }

  /** Every Operation of the namespace, the oldest first. */
  async operations(): Promise<Operation[]> {
    const { items } = await this.#cluster.client.list(operations, Operation, { namespace: this.#namespace });
    return items.toSorted((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion));
  }

  /** Waits until work on this Server has come to a step, which the test holds up. */
  async waitForStep(server: string, step: string): Promise<void> {
    await this.#world.waitFor(`${step} on ${server}`, async () => {
      const value = (await this.operations()).find(({ spec }) => spec.serverRef.name === server);
      return { isSo: value?.status.currentStep === `Step ${step}`, value };
    });
  }

  /** Names of the Servers that have an Operation, in the order of their names. */
  async begun(): Promise<string[]> {
    return (await this.operations()).map(({ spec }) => spec.serverRef.name).toSorted();
  }

  /** Events about this Rollout, as "Warning CanaryFailed", sorted. */
  async events(name: string): Promise<string[]> {
    const { items } = await this.#cluster.client.list(
      { group: "events.k8s.io", version: "v1", plural: "events", namespaced: true },
      EventRecord,
      { namespace: this.#namespace },
    );
    return items
      .filter(({ regarding }) => regarding.kind === "Rollout" && regarding.name === name)
      .map(({ type, reason }) => `${type} ${reason}`)
      .toSorted();
  }
}

export function conditionOf({ status }: Rollout, type: string): Condition | undefined {
  return status.conditions?.find((condition) => condition.type === type);
}
