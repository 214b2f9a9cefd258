import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { API_VERSION } from "../../src/api/v1alpha1/kind.ts";
import { Operation } from "../../src/api/v1alpha1/operation.ts";
import { certificateRequestOf } from "../../src/controllers/operation/test-certificate-request.ts";
import { createKubeClient } from "../../src/kubernetes/http-kube-client.ts";
import {
  certificateSigningRequests,
  namespaces,
  nodes,
  operations,
  provisioningProfiles,
  secrets,
  servers,
} from "../../src/kubernetes/resources.ts";
import { retry } from "../../src/lib/retry.ts";
import { Etcd } from "./etcd.ts";
import { inParallel } from "./in-parallel.ts";
import { nodeInfoOf } from "./simulated-hosts.ts";
import { grantRights } from "../../test/controllers/grant-rights.ts";
import { KUBERNETES, type Site } from "../../test/chaos/site.ts";
import type { TestApiServer } from "../../test/cluster/start-api-server.ts";

export const NAMESPACE = "fleet";
const AT_ONCE = 40;

/** Servers, their Nodes and Operations of a fleet, in a real cluster. */
export class FleetCluster {
  readonly #site: Site;

  constructor(site: Site) {
    this.#site = site;
  }

  async createBasics({ userKey }: { userKey: string }): Promise<void> {
    const { client } = this.#site.cluster;
    await client.create(namespaces, "", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: NAMESPACE },
    });
    await client.create(secrets, NAMESPACE, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "ssh", namespace: NAMESPACE },
      stringData: { username: "ubuntu", privateKey: userKey },
    });
    await grantRights(client, "outsider", NAMESPACE);
    await client.create(provisioningProfiles, NAMESPACE, {
      apiVersion: API_VERSION,
      kind: "ProvisioningProfile",
      metadata: { name: "worker", namespace: NAMESPACE },
      spec: {
        kubernetesVersion: KUBERNETES,
        sshCredentialsSecretRef: "ssh",
        artifactSource: { type: "ControllerCache" },
      },
    });
  }

  /** Servers that are Nodes already, as a repave left them. */
  async createServers(count: number, hostKey: string): Promise<void> {
    await inParallel(AT_ONCE, count, async (index) => {
      const name = serverName(index);
      await this.#site.cluster.client.create(servers, NAMESPACE, {
        apiVersion: API_VERSION,
        kind: "Server",
        metadata: { name, namespace: NAMESPACE },
        spec: { ipv4: addressOf(index), provider: "qemu", hostKey },
      });
      await this.#createNode(name);
    });
  }

  /** Operations that ended some time ago: copies of one, with everything such an Operation says of itself. */
  async createEnded(count: number, pattern: string): Promise<void> {
    const etcd = new Etcd(this.#site.cluster.etcdUrl);
    const keyOf = (name: string): string => `/registry/stargate.io/operations/${NAMESPACE}/${name}`;
    const text = await etcd.read(keyOf(pattern));
    const { uid } = (await this.operation(pattern)).metadata;
    const copies = Array.from({ length: count }, (_, index) => {
      const name = `ended-${index}`;
      const copy = text
        .replaceAll(uid, randomUUID())
        .replaceAll(`"${pattern}"`, `"${name}"`)
        .replaceAll(`"${serverName(0)}"`, `"${serverName(index % 1000)}"`);
      return [keyOf(name), copy] as const;
    });
    await etcd.writeAll(copies);
  }

  async createOperation(name: string, server: number): Promise<void> {
    await this.#site.cluster.client.create(operations, NAMESPACE, {
      apiVersion: API_VERSION,
      kind: "Operation",
      metadata: { name, namespace: NAMESPACE },
      spec: {
        serverRef: { name: serverName(server) },
        provisioningProfileRef: { name: "worker" },
        operation: "repave",
      },
    });
  }

  /** Calls back for each Operation as the API server tells of it: when it appears, and each time it has changed. */
  async watchOperations(
    onEvent: (name: string, isNew: boolean) => void,
    signal: AbortSignal,
  ): Promise<{ ended: Promise<void> }> {
    const { client } = this.#site.cluster;
    const list = () => client.list(operations, Operation, { namespace: NAMESPACE, signal });
    // What was written past the API server: it is behind for a while.
    const { resourceVersion } = await retry(list, { timeoutMs: 60_000, signal });
    const follow = async (): Promise<void> => {
      const options = { namespace: NAMESPACE, resourceVersion, signal };
      for await (const event of client.watch(operations, Operation, options)) {
        if (event.type === "ADDED" || event.type === "MODIFIED")
          onEvent(event.object.metadata.name, event.type === "ADDED");
      }
    };
    return { ended: follow() };
  }

  async operation(name: string): Promise<Operation> {
    return this.#site.cluster.client.get(operations, { namespace: NAMESPACE, name }, Operation);
  }

  /** What kubeadm and a kubelet do: a certificate request with the bootstrap token, then a Node that is Ready. */
  async join(name: string, token: string): Promise<void> {
    const { cluster } = this.#site;
    await cluster.client.delete(nodes, { namespace: "", name });
    const path = join(this.#site.folder, `join-${name}.conf`);
    await writeFile(path, kubeconfigOf(cluster, token), { mode: 0o600 });
    const kubelet = await createKubeClient({ kubeconfigPath: path, env: {} });
    await kubelet.create(certificateSigningRequests, "", {
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
      metadata: { generateName: "node-csr-" },
      spec: {
        signerName: "kubernetes.io/kube-apiserver-client-kubelet",
        request: certificateRequestOf(name),
        usages: ["digital signature", "client auth"],
      },
    });
    await this.#createNode(name);
  }

  async #createNode(name: string): Promise<void> {
    const { client } = this.#site.cluster;
    await client.create(nodes, "", { apiVersion: "v1", kind: "Node", metadata: { name } });
    const conditions = [{ type: "Ready", status: "True", reason: "KubeletReady", message: "ready" }];
    const status = { nodeInfo: nodeInfoOf(name), conditions };
    await client.mergePatch(nodes, { namespace: "", name }, { status }, { subresource: "status" });
  }
}

export function serverName(index: number): string {
  return `worker-${index}`;
}

/** Each Server has an address of its own; nobody dials it but through the proxy. */
export function addressOf(index: number): string {
  return `10.${100 + Math.floor(index / 250)}.0.${(index % 250) + 2}`;
}

export function serverAt(address: string): string {
  const [, net = "", , host = ""] = address.split(".");
  return serverName((Number(net) - 100) * 250 + Number(host) - 2);
}

function kubeconfigOf({ client, url }: TestApiServer, token: string): string {
  const ca = Buffer.from(client.caPem).toString("base64");
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "join",
    clusters: [{ name: "join", cluster: { server: url, "certificate-authority-data": ca } }],
    users: [{ name: "join", user: { token } }],
    contexts: [{ name: "join", context: { cluster: "join", user: "join" } }],
  });
}
