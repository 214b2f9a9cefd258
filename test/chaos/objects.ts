import type { z } from "zod";
import { API_VERSION } from "../../src/api/v1alpha1/kind.ts";
import { Operation } from "../../src/api/v1alpha1/operation.ts";
import { Server } from "../../src/api/v1alpha1/server.ts";
import type { KubeClient, ObjectRef, ResourceType } from "../../src/kubernetes/client.ts";
import {
  namespaces,
  nodes,
  operations,
  provisioningProfiles,
  secrets,
  servers,
} from "../../src/kubernetes/resources.ts";
import { Node, Secret } from "../../src/kubernetes/schemas.ts";
import { StargateError } from "../../src/lib/errors.ts";
import { retry } from "../../src/lib/retry.ts";
import type { HostAddress } from "../../src/remote/host.ts";
import { grantRights } from "../controllers/grant-rights.ts";
import type { PlannedOperation } from "./plan.ts";
import { KUBERNETES } from "./site.ts";

/** A step of some length that leaves a trace each time it is run. */
const CUSTOM_SCRIPT = `for word in begin go-on end; do echo "$word"; sleep 0.3; done; echo "$NODE_NAME" >>/var/lib/custom-runs`;

/** A run's objects in the cluster, told and read with patience: the API server may be away. */
export class Objects {
  readonly #client: KubeClient;
  readonly namespace: string;
  readonly server: string;

  constructor(client: KubeClient, namespace: string, server: string) {
    this.#client = client;
    this.namespace = namespace;
    this.server = server;
  }

  async createAll(address: HostAddress): Promise<void> {
    await this.#create(namespaces, "Namespace", this.namespace, {});
    await this.#create(secrets, "Secret", "ssh", {
      stringData: { username: address.username, privateKey: address.privateKey },
    });
    await patiently(() => grantRights(this.#client, "outsider", this.namespace));
    await this.#create(provisioningProfiles, "ProvisioningProfile", "worker", {
      spec: {
        kubernetesVersion: KUBERNETES,
        sshCredentialsSecretRef: "ssh",
        artifactSource: { type: "ControllerCache" },
        customBootstrapScript: CUSTOM_SCRIPT,
      },
    });
    const { ipv4, hostKey } = address;
    await this.#create(servers, "Server", this.server, {
      spec: { ipv4, provider: "qemu", hostKey: hostKey.trim() },
    });
  }

  async createOperation(name: string, { operation }: PlannedOperation): Promise<void> {
    await this.#create(operations, "Operation", name, {
      spec: {
        serverRef: { name: this.server },
        provisioningProfileRef: { name: "worker" },
        operation,
        // What is to be seen is that it goes on, not when it gives up.
        retries: 50,
      },
    });
  }

  async change(name: string, kind: "cancel" | "delete"): Promise<void> {
    const ref = { namespace: this.namespace, name };
    await patiently(async () => {
      if (kind === "delete") return this.#client.delete(operations, ref);
      return this.#client.mergePatch(operations, ref, { spec: { cancel: true } });
    });
  }

  async operation(name: string): Promise<Operation | undefined> {
    return this.#get(operations, { namespace: this.namespace, name }, Operation);
  }

  async serverNow(): Promise<Server | undefined> {
    return this.#get(servers, { namespace: this.namespace, name: this.server }, Server);
  }

  async node(): Promise<Node | undefined> {
    return this.#get(nodes, { namespace: "", name: this.server }, Node);
  }

  /** Names of the bootstrap tokens that were made for this run's Operations. */
  async tokens(): Promise<string[]> {
    const labelSelector = `stargate.io/operation-namespace=${this.namespace}`;
    const { items } = await patiently(() =>
      this.#client.list(secrets, Secret, { namespace: "kube-system", labelSelector }),
    );
    return items.map(({ metadata }) => metadata.name);
  }

  async #get<T>(type: ResourceType, ref: ObjectRef, schema: z.ZodType<T>): Promise<T | undefined> {
    return patiently(() => this.#client.getIfExists(type, ref, schema));
  }

  async #create(type: ResourceType, kind: string, name: string, body: object): Promise<void> {
    const apiVersion = type.group === "" ? "v1" : API_VERSION;
    const namespace = type.namespaced ? this.namespace : "";
    const metadata = { name, ...(type.namespaced ? { namespace } : {}) };
    await patiently(async () => {
      try {
        await this.#client.create(type, namespace, { apiVersion, kind, metadata, ...body });
      } catch (error) {
        // The answer to an earlier try was lost.
        if (!(error instanceof StargateError && error.reason === "ApiAlreadyExists")) throw error;
      }
    });
  }
}

async function patiently<T>(act: () => Promise<T>): Promise<T> {
  return retry(act, { timeoutMs: 90_000, minDelayMs: 50, maxDelayMs: 500 });
}
