import { once } from "node:events";
import { createServer } from "node:net";
import { z } from "zod";
import { API_VERSION } from "../../src/api/v1alpha1/kind.ts";
import type { OperationStatus } from "../../src/api/v1alpha1/operation.ts";
import { Operation } from "../../src/api/v1alpha1/operation.ts";
import {
  namespaces,
  operations,
  provisioningProfiles,
  secrets,
  servers,
} from "../../src/kubernetes/resources.ts";
import type { LogsRequest } from "../../src/operations/logs/show-logs.ts";
import { runDurable } from "../../src/remote/durable-script.ts";
import { createSshConnector } from "../../src/remote/ssh.ts";
import { answerSocks, readSocksRequest } from "../chaos/socks.ts";
import { startApiServer, type TestApiServer } from "../cluster/start-api-server.ts";
import { TestHost } from "./start-host.ts";

const NAMESPACE = "dc";

/** A real API server and a real host behind its one Server, with Operations whose status the test writes. */
export class LogsWorld implements AsyncDisposable {
  readonly cluster: TestApiServer;
  readonly host: TestHost;

  private constructor(cluster: TestApiServer, host: TestHost) {
    this.cluster = cluster;
    this.host = host;
  }

  static async start(): Promise<LogsWorld> {
    const [cluster, host] = await Promise.all([startApiServer({ crds: true }), TestHost.start()]);
    const world = new LogsWorld(cluster, host);
    const { username, privateKey, ipv4, hostKey } = host.address;
    const metadata = (name: string) => ({ name, namespace: NAMESPACE });
    await cluster.client.create(namespaces, "", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: NAMESPACE },
    });
    await cluster.client.create(secrets, NAMESPACE, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: metadata("ssh"),
      stringData: { username, privateKey },
    });
    await cluster.client.create(provisioningProfiles, NAMESPACE, {
      apiVersion: API_VERSION,
      kind: "ProvisioningProfile",
      metadata: metadata("worker"),
      spec: { kubernetesVersion: "1.37", sshCredentialsSecretRef: "ssh" },
    });
    await cluster.client.create(servers, NAMESPACE, {
      apiVersion: API_VERSION,
      kind: "Server",
      metadata: metadata("vm-1"),
      spec: { ipv4, provider: "qemu", hostKey: hostKey.trim() },
    });
    return world;
  }

  /** Makes an Operation of the two steps "first" and "second"; returns its uid. */
  async createOperation(name: string, status: OperationStatus = {}): Promise<string> {
    const ref = { namespace: NAMESPACE, name };
    await this.cluster.client.create(operations, NAMESPACE, {
      apiVersion: API_VERSION,
      kind: "Operation",
      metadata: ref,
      spec: {
        serverRef: { name: "vm-1" },
        provisioningProfileRef: { name: "worker" },
        operation: "repave",
      },
    });
    await this.say(name, status);
    return (await this.cluster.client.get(operations, ref, Operation)).metadata.uid;
  }

  /** Writes status as a controller would. */
  async say(name: string, status: OperationStatus): Promise<void> {
    const ref = { namespace: NAMESPACE, name };
    await this.cluster.client.mergePatch(operations, ref, { status }, { subresource: "status" });
  }

  /** Runs a step's script on the host as a controller would. */
  async runStep(operationUid: string, name: string, text: string): Promise<void> {
    await using session = await this.host.connect();
    const okCodes = [0, 1, 5];
    await runDurable(session, { name, text, inputs: {} }, { operationUid, okCodes });
  }

  /** A SOCKS5 proxy through which every address is this host, as a tailnet's leads to its servers. */
  async startProxy(): Promise<{ url: string; stop: () => void }> {
    const server = createServer((socket) => {
      void (async () => {
        socket.on("error", () => undefined);
        await readSocksRequest(socket);
        const way = (await this.host.dialer.dial({ host: "", port: 22 })).on("error", () => undefined);
        answerSocks(socket, "reached");
        socket.pipe(way).pipe(socket);
      })();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = z.object({ port: z.number() }).parse(server.address());
    return { url: `socks5://127.0.0.1:${port}`, stop: () => void server.close() };
  }

  request(name: string, step?: string): LogsRequest {
    const connector = createSshConnector(this.host.dialer);
    const { client } = this.cluster;
    return { client, connector, namespace: NAMESPACE, name, step, adminUsername: undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.cluster.stop(), this.host[Symbol.asyncDispose]()]);
  }
}
