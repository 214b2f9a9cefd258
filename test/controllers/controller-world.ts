import { API_VERSION } from "../../src/api/v1alpha1/kind.ts";
import { Operation } from "../../src/api/v1alpha1/operation.ts";
import { ABANDON, Server } from "../../src/api/v1alpha1/server.ts";
import { DEFAULT_LIMITS, type Limits, type ServerReimager } from "../../src/controllers/operation/context.ts";
import { serve, type ServeOptions } from "../../src/controllers/serve.ts";
import type { ResourceType } from "../../src/kubernetes/client.ts";
import { createKubeClient } from "../../src/kubernetes/http-kube-client.ts";
import {
  configMaps,
  datacenters,
  namespaces,
  operations,
  provisioningProfiles,
  secrets,
  servers,
} from "../../src/kubernetes/resources.ts";
import { Secret } from "../../src/kubernetes/schemas.ts";
import { systemClock, type Clock } from "../../src/lib/clock.ts";
import { createLog } from "../../src/lib/log.ts";
import { retry } from "../../src/lib/retry.ts";
import { startApiServer, type TestApiServer } from "../cluster/start-api-server.ts";
import { FakeDatacenter } from "./fake-datacenter.ts";
import { grantRights } from "./grant-rights.ts";

/** Who the controllers are: the user of startApiServer() that has no rights but what it is given. */
const CONTROLLER_USER = "outsider";

const clusterRoleBindings: ResourceType = {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  plural: "clusterrolebindings",
  namespaced: false,
};

/** A real API server with what kubeadm leaves in a cluster. */
export async function startCluster(options: { audit?: boolean } = {}): Promise<TestApiServer> {
  const cluster = await startApiServer({ crds: true, ...options });
  const { client } = cluster;
  for (const name of ["kubeadm-config", "kubelet-config"]) {
    const metadata = { name, namespace: "kube-system" };
    await client.create(configMaps, "kube-system", { apiVersion: "v1", kind: "ConfigMap", metadata });
  }
  await client.create(clusterRoleBindings, "", {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "kubeadm:kubelet-bootstrap" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:node-bootstrapper" },
    subjects: [
      {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "Group",
        name: "system:bootstrappers:kubeadm:default-node-token",
      },
    ],
  });
  return cluster;
}

/** One test's namespace with its controller(s) and the hosts behind its Servers. */
export class ControllerWorld implements AsyncDisposable {
  readonly cluster: TestApiServer;
  readonly namespace: string;
  readonly datacenter: FakeDatacenter;
  readonly #running = new Set<() => Promise<void>>();

  private constructor(cluster: TestApiServer, namespace: string) {
    this.cluster = cluster;
    this.namespace = namespace;
    this.datacenter = new FakeDatacenter(cluster.client);
  }

  static async create(cluster: TestApiServer, namespace: string): Promise<ControllerWorld> {
    const { client } = cluster;
    await client.create(namespaces, "", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace },
    });
    await client.create(secrets, namespace, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "ssh", namespace },
      stringData: { username: "ubuntu", privateKey: "not looked at by a fake host" },
    });
    await grantRights(client, CONTROLLER_USER, namespace);
    return new ControllerWorld(cluster, namespace);
  }

  /** Starts a controller of its own connections, with the rights of config/rbac and no others; the returned function stops it and waits for its end. */
  async startController(
    options: {
      limits?: Partial<Limits>;
      leaderElect?: boolean;
      concurrency?: number;
      datacenterConcurrency?: number;
      connector?: ServeOptions["connector"];
      reimager?: ServerReimager;
      datacenters?: ServeOptions["datacenters"];
      providerId?: string;
      clock?: Clock;
      /** Serves not only this world's namespace. */
      everywhere?: boolean;
    } = {},
  ) {
    const stop = new AbortController();
    const serving = Promise.withResolvers<string>();
    const client = await createKubeClient({
      kubeconfigPath: this.cluster.outsiderKubeconfigPath,
      env: {},
    });
    const ended = serve({
      providerId: options.providerId ?? "qemu",
      client,
      connector: options.connector ?? this.datacenter.connector,
      ...(options.reimager === undefined ? {} : { reimager: options.reimager }),
      bootstrap: this.datacenter.bootstrap,
      controlPlane: {
        description: "the test's",
        server: client.server,
        caPem: client.caPem,
        kubeletOverrides: {},
      },
      ...(options.datacenters === undefined ? {} : { datacenters: options.datacenters }),
      adminUsername: undefined,
      namespace: options.everywhere === true ? undefined : this.namespace,
      concurrency: options.concurrency ?? 10,
      datacenterConcurrency: options.datacenterConcurrency,
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      metricsBindAddress: "127.0.0.1:0",
      leaderElect: options.leaderElect ?? false,
      clock: options.clock ?? systemClock,
      log: createLog({ write: show, level: "debug" }),
      signal: stop.signal,
      onServing: serving.resolve,
    });
    const stopAndWait = async (): Promise<void> => {
      this.#running.delete(stopAndWait);
      stop.abort(new DOMException("stopped by the test", "AbortError"));
      await ended;
    };
    this.#running.add(stopAndWait);
    return { stop: stopAndWait, url: await Promise.race([serving.promise, ended.then(() => "")]) };
  }

  async createProfile(kubernetesVersion = "1.37"): Promise<void> {
    await this.cluster.client.create(provisioningProfiles, this.namespace, {
      apiVersion: API_VERSION,
      kind: "ProvisioningProfile",
      metadata: { name: "worker", namespace: this.namespace },
      spec: { kubernetesVersion, sshCredentialsSecretRef: "ssh" },
    });
  }

  /** A datacenter of one router, which is called as it is. */
  async createDatacenter(name: string, spec: object = {}): Promise<void> {
    await this.cluster.client.create(datacenters, this.namespace, {
      apiVersion: API_VERSION,
      kind: "Datacenter",
      metadata: { name, namespace: this.namespace },
      spec: {
        provider: "qemu",
        subnets: ["192.168.100.0/24"],
        routers: [{ name, address: "192.168.100.1" }],
        ...spec,
      },
    });
  }

  async createServer(name: string, spec: object = {}): Promise<void> {
    await this.cluster.client.create(servers, this.namespace, {
      apiVersion: API_VERSION,
      kind: "Server",
      metadata: { name, namespace: this.namespace },
      spec: { ipv4: "192.168.100.10", provider: "qemu", hostKey: "ssh-ed25519 AAAA", ...spec },
    });
  }

  async createOperation(name: string, server: string, spec: object = {}): Promise<void> {
    await this.cluster.client.create(operations, this.namespace, {
      apiVersion: API_VERSION,
      kind: "Operation",
      metadata: { name, namespace: this.namespace },
      spec: {
        serverRef: { name: server },
        provisioningProfileRef: { name: "worker" },
        operation: "repave",
        ...spec,
      },
    });
  }

  async cancelOperation(name: string): Promise<void> {
    const ref = { namespace: this.namespace, name };
    await this.cluster.client.mergePatch(operations, ref, { spec: { cancel: true } });
  }

  async deleteOperation(name: string): Promise<void> {
    await this.cluster.client.delete(operations, { namespace: this.namespace, name });
  }

  async operation(name: string): Promise<Operation | undefined> {
    return this.cluster.client.getIfExists(operations, { namespace: this.namespace, name }, Operation);
  }

  async server(name: string): Promise<Server> {
    return this.cluster.client.get(servers, { namespace: this.namespace, name }, Server);
  }

  async deleteServer(name: string): Promise<void> {
    await this.cluster.client.delete(servers, { namespace: this.namespace, name });
  }

  async abandonServer(name: string): Promise<void> {
    const metadata = { annotations: { [ABANDON]: "true" } };
    await this.cluster.client.mergePatch(servers, { namespace: this.namespace, name }, { metadata });
  }

  async waitForServer(name: string, isSo: (server: Server) => boolean): Promise<Server> {
    return this.waitFor(`Server ${name}`, async () => {
      const server = await this.server(name);
      return { isSo: isSo(server), value: server };
    });
  }

  async waitUntilServerIsGone(name: string): Promise<void> {
    const ref = { namespace: this.namespace, name };
    await this.waitFor(`the end of Server ${name}`, async () => {
      const server = await this.cluster.client.getIfExists(servers, ref, Server);
      return { isSo: server === undefined, value: server ?? "gone" };
    });
  }

  /** Bootstrap tokens in the cluster. */
  async tokens(): Promise<Secret[]> {
    const { items } = await this.cluster.client.list(secrets, Secret, { namespace: "kube-system" });
    return items.filter(({ type }) => type === "bootstrap.kubernetes.io/token");
  }

  /** The Operation once it is as told. */
  async waitForOperation(name: string, isSo: (operation: Operation) => boolean): Promise<Operation> {
    return this.waitFor(`Operation ${name}`, async () => {
      const operation = await this.operation(name);
      return { isSo: operation !== undefined && isSo(operation), value: operation };
    });
  }

  async waitForPhase(name: string, phase: string): Promise<Operation> {
    return this.waitForOperation(name, ({ status }) => status.phase === phase);
  }

  async waitFor<T>(what: string, look: () => Promise<{ isSo: boolean; value: T | undefined }>): Promise<T> {
    return retry(
      async () => {
        const { isSo, value } = await look();
        if (!isSo || value === undefined)
          throw new Error(`${what} is not so yet: ${JSON.stringify(value, null, 1)}`);
        return value;
      },
      { timeoutMs: 90_000, minDelayMs: 30, maxDelayMs: 150 }, // a host with more to do than it can
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running].map((stop) => stop()));
  }
}

function show(line: string): void {
  if (process.env["STARGATE_TEST_SHOW"] !== undefined) process.stderr.write(`${line}\n`);
}
