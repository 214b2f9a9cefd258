import { once } from "node:events";
import { createServer } from "node:net";
import { z } from "zod";
import { Datacenter } from "../../src/api/v1alpha1/datacenter.ts";
import { API_VERSION, type Condition } from "../../src/api/v1alpha1/kind.ts";
import { datacenters, servers } from "../../src/kubernetes/resources.ts";
import { retry } from "../../src/lib/retry.ts";
import { createDialer } from "../../src/remote/create-dialer.ts";
import type { Dialer } from "../../src/remote/dialer.ts";
import { StargateError } from "../../src/lib/errors.ts";
import type { TestApiServer } from "../cluster/start-api-server.ts";

const EventRecord = z.object({
  type: z.string(),
  reason: z.string(),
  note: z.string().default(""),
  regarding: z.object({ kind: z.string(), name: z.string() }),
});

export interface RouterSpec {
  name: string;
  address: string;
}

/** One namespace's Datacenters and Servers, as somebody with kubectl sees and writes them. */
export class DatacenterObjects {
  readonly #cluster: TestApiServer;
  readonly #namespace: string;

  constructor(cluster: TestApiServer, namespace: string) {
    this.#cluster = cluster;
    this.#namespace = namespace;
  }

  async create(name: string, subnet: string, routers: readonly RouterSpec[]): Promise<void> {
    await this.#cluster.client.create(datacenters, this.#namespace, {
      apiVersion: API_VERSION,
      kind: "Datacenter",
      metadata: { name, namespace: this.#namespace },
      spec: { provider: "qemu", subnets: [subnet], routers },
    });
  }

  async createServer(name: string, ipv4: string, router: RouterSpec): Promise<void> {
    await this.#cluster.client.create(servers, this.#namespace, {
      apiVersion: API_VERSION,
      kind: "Server",
      metadata: { name, namespace: this.#namespace },
      spec: { ipv4, provider: "qemu", router, hostKey: "ssh-ed25519 AAAA" },
    });
  }

  async get(name: string): Promise<Datacenter> {
    return this.#cluster.client.get(datacenters, { namespace: this.#namespace, name }, Datacenter);
  }

  /** The Datacenter once its conditions are as told, for instance { RouterOnline: "True" }, for its present spec. */
  async waitFor(name: string, wanted: Readonly<Record<string, Condition["status"]>>): Promise<Datacenter> {
    const timeoutMs = 90_000;
    return retry(
      async () => {
        const datacenter = await this.get(name);
        const isPresent = datacenter.status.observedGeneration === datacenter.metadata.generation;
        const isSo = Object.entries(wanted).every(
          ([type, status]) => conditionOf(datacenter, type)?.status === status,
        );
        if (!isSo || !isPresent) {
          const seen = JSON.stringify(datacenter.status, null, 1);
          throw new Error(`not ${JSON.stringify(wanted)} after ${timeoutMs} ms, but ${seen}`);
        }
        return datacenter;
      },
      { timeoutMs, minDelayMs: 50, maxDelayMs: 200 },
    );
  }

  /** Events about this Datacenter, as "Warning RouterOffline". */
  async events(name: string): Promise<string[]> {
    const { items } = await this.#cluster.client.list(
      { group: "events.k8s.io", version: "v1", plural: "events", namespaced: true },
      EventRecord,
      { namespace: this.#namespace },
    );
    return items
      .filter(({ regarding }) => regarding.kind === "Datacenter" && regarding.name === name)
      .map(({ type, reason }) => `${type} ${reason}`);
  }
}

export function conditionOf(datacenter: Datacenter, type: string): Condition | undefined {
  return datacenter.status.conditions?.find((condition) => condition.type === type);
}

/**
 * A dialer to servers that are not there: an SSH daemon's first words on loopback answer for all of them, but for
 * those in `silent`.
 */
export async function startFakeServers(): Promise<{
  dialer: Dialer;
  silent: Set<string>;
  stop: () => void;
}> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined).end("SSH-2.0-OpenSSH_10.0\r\n");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address !== "object") throw new Error("no free port");
  const direct = createDialer(undefined);
  const silent = new Set<string>();
  return {
    silent,
    stop: () => server.close(),
    dialer: {
      description: "to this test's servers",
      async dial({ host }, options) {
        if (silent.has(host)) throw new StargateError("ConnectTimeout", `${host}: no answer`);
        return direct.dial({ host: "127.0.0.1", port: address.port }, options);
      },
    },
  };
}
