import { API_VERSION } from "../../src/api/v1alpha1/kind.ts";
import { Operation, type ProfileRecord } from "../../src/api/v1alpha1/operation.ts";
import { ProvisioningProfile } from "../../src/api/v1alpha1/provisioning-profile.ts";
import { Informer } from "../../src/controller-runtime/informer.ts";
import type { KubeClient, ResourceType } from "../../src/kubernetes/client.ts";
import { objectSource } from "../../src/kubernetes/object-source.ts";
import { nodes, operations, provisioningProfiles, servers } from "../../src/kubernetes/resources.ts";
import { silentLog } from "../../src/lib/log.ts";

const AT_ONCE = 40;

/**
 * A large fleet, and a stand-in for the controllers of Operations: each Operation that appears is begun and ends at
 * once, with what the real one writes into it and into its Server that a Rollout goes by, in the same order.
 */
export class FleetStandIn {
  readonly #client: KubeClient;
  readonly #namespace: string;
  readonly #waiting: Operation[] = [];
  #profile: ProfileRecord | undefined;
  #busy = 0;
  #inFlight = 0;
  /** The most Operations that were there without having ended. */
  mostInFlight = 0;
  /** Servers by the order in which they were done. */
  readonly done: string[] = [];

  constructor(client: KubeClient, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  /** Makes a profile, and so many Servers of rack 7 that are Ready nodes: with the prefix vm they are vm-0000 and so on. */
  async create(count: number, prefix: string): Promise<void> {
    await this.#create(provisioningProfiles, "ProvisioningProfile", "worker", {
      spec: { kubernetesVersion: "1.37", sshCredentialsSecretRef: "ssh" },
    });
    const ref = { namespace: this.#namespace, name: "worker" };
    const { metadata } = await this.#client.get(provisioningProfiles, ref, ProvisioningProfile);
    this.#profile = { name: "worker", uid: metadata.uid, generation: metadata.generation };
    const names = Array.from({ length: count }, (_, index) => `${prefix}-${String(index).padStart(4, "0")}`);
    const queue = names.values();
    const lane = async (): Promise<void> => {
      for (const name of queue) await this.#createServer(name);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  }

  /** Ends Operations until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const informer = new Informer<Operation>({
      name: "operations of the stand-in",
      source: objectSource(this.#client, operations, Operation, {
        log: silentLog,
        namespace: this.#namespace,
      }),
      log: silentLog,
    });
    informer.onChange(({ type, object }) => {
      if (type !== "added" || object.status.phase !== undefined) return;
      this.mostInFlight = Math.max(this.mostInFlight, ++this.#inFlight);
      this.#waiting.push(object);
      this.#next();
    });
    await informer.run(signal);
  }

  #next(): void {
    while (this.#busy < AT_ONCE) {
      const operation = this.#waiting.shift();
      if (operation === undefined) return;
      this.#busy++;
      void this.#carryOut(operation).finally(() => {
        this.#busy--;
        this.#next();
      });
    }
  }

  async #carryOut({ metadata: { name }, spec }: Operation): Promise<void> {
    const namespace = this.#namespace;
    const startedAt = new Date().toISOString();
    const operation = { namespace, name };
    const server = { namespace, name: spec.serverRef.name };
    const profile = this.#profile;
    await this.#setStatus(operations, operation, { phase: "Running", startedAt, profile });
    const history = [{ operation: spec.operation, name, startedAt, profile }];
    await this.#setStatus(servers, server, { state: "ready", history });
    this.#inFlight--; // before anybody can hear of it
    await this.#setStatus(operations, operation, { phase: "Succeeded" });
    this.done.push(server.name);
  }

  async #createServer(name: string): Promise<void> {
    const times = {
      lastHeartbeatTime: new Date().toISOString(),
      lastTransitionTime: new Date().toISOString(),
    };
    await this.#client.create(nodes, "", {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name },
      status: {
        conditions: [{ type: "Ready", status: "True", reason: "KubeletReady", message: "", ...times }],
      },
    });
    await this.#create(servers, "Server", name, {
      metadata: { name, namespace: this.#namespace, labels: { rack: "7" } },
      spec: { ipv4: "192.168.100.10", provider: "qemu", hostKey: "ssh-ed25519 AAAA" },
    });
    const status = { state: "ready", nodeRef: { name, uid: "not looked at" } };
    await this.#setStatus(servers, { namespace: this.#namespace, name }, status);
  }

  async #create(type: ResourceType, kind: string, name: string, body: object): Promise<void> {
    const metadata = { name, namespace: this.#namespace };
    await this.#client.create(type, this.#namespace, { apiVersion: API_VERSION, kind, metadata, ...body });
  }

  async #setStatus(
    type: ResourceType,
    ref: { namespace: string; name: string },
    status: object,
  ): Promise<void> {
    await this.#client.mergePatch(type, ref, { status }, { subresource: "status" });
  }
}
