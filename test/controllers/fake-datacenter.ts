import { randomUUID } from "node:crypto";
import { stringify } from "yaml";
import type {
  BootstrapRequest,
  BootstrapStep,
  StepOutline,
  WorkerBootstrap,
} from "../../src/controllers/operation/context.ts";
import type { KubeClient } from "../../src/kubernetes/client.ts";
import { createKubeClient } from "../../src/kubernetes/http-kube-client.ts";
import { certificateSigningRequests, nodes } from "../../src/kubernetes/resources.ts";
import { certificateRequestOf } from "../../src/controllers/operation/test-certificate-request.ts";
import type { Host, HostAddress, HostConnector } from "../../src/remote/host.ts";

const JOIN = "join-cluster";

/** A host that is not there: it says who it is, and its "kubelet" talks to a real API server with the real token. */
interface FakeHost {
  machineId: string;
  bootId: string;
  systemUuid: string;
  /** What the last join's Node says instead, for a host that pretends to be another. */
  reportedMachineId?: string;
  /** Names of the steps whose work is done, as the durable scripts on a real host remember it. */
  done: Set<string>;
}

/**
 * Hosts behind addresses, and a bootstrap that does no work but what the cluster sees of it: the certificate request
 * by the bootstrap token and the Node. Everything else of a controller under test is real.
 */
export class FakeDatacenter {
  readonly hosts = new Map<string, FakeHost>();
  /** Steps that did work, as "vm-1 join-cluster"; a step that finds its work done is not among them. */
  readonly worked: string[] = [];
  readonly connects: HostAddress[] = [];
  readonly stopped: string[] = [];
  readonly connectErrors = new Map<string, Error>();
  /** A step waits here until its gate opens or it is stopped; "vm-1 prepare-host" names one. */
  readonly gates = new Map<string, Promise<void>>();
  /** Hosts whose Node appears though nobody asked for a certificate with the token. */
  readonly joinsWithoutToken = new Set<string>();
  readonly #admin: KubeClient;

  constructor(admin: KubeClient) {
    this.#admin = admin;
  }

  host(name: string): FakeHost {
    const host = this.hosts.get(name) ?? {
      machineId: randomUUID().replaceAll("-", ""),
      bootId: randomUUID(),
      systemUuid: randomUUID(),
      done: new Set(),
    };
    this.hosts.set(name, host);
    return host;
  }

  readonly connector: HostConnector = {
    connect: async (address) => {
      this.connects.push(address);
      const error = this.connectErrors.get(address.name);
      if (error !== undefined) throw error;
      return Promise.resolve(this.#session(address.name));
    },
  };

  readonly bootstrap: WorkerBootstrap = {
    outline: () => outlineOf(["prepare-host", "reset-node", JOIN]),
    steps: (request) =>
      this.bootstrap
        .outline(request.work)
        .map((step) =>
          this.#step(request, step, () => (step.name === JOIN ? this.#join(request) : undefined)),
        ),
    cleanOutline: () => outlineOf(["reset-node", "clean-host"]),
    cleanSteps: (request) => this.bootstrap.cleanOutline().map((step) => this.#step(request, step)),
    reboot: async ({ host, bootId }) => {
      const rebooting = this.host(host.name);
      if (rebooting.bootId !== bootId) return;
      this.worked.push(`${host.name} reboot-host`);
      rebooting.bootId = randomUUID();
      await this.#report(host.name);
    },
    stop: async ({ host, graceMs }) => {
      this.stopped.push(`${host.name} ${graceMs}`);
      return Promise.resolve([]);
    },
  };

  #step(
    { work }: Pick<BootstrapRequest, "work">,
    outline: StepOutline,
    act: () => Promise<void> | undefined = () => undefined,
  ): BootstrapStep {
    const { name } = outline;
    const server = work.server.metadata.name;
    const mark = `${work.operation.metadata.uid} ${name}`;
    return {
      ...outline,
      run: async ({ signal, onLine }) => {
        if (this.host(server).done.has(mark)) return "done";
        onLine(`${name} on ${server}`);
        const gate = this.gates.get(`${server} ${name}`);
        if (gate !== undefined) await Promise.race([gate, aborted(signal)]);
        this.worked.push(`${server} ${name}`);
        await act();
        this.host(server).done.add(mark);
        return "done";
      },
    };
  }

  /** What a kubelet does at its first start: asks for a certificate with the token, registers, becomes Ready. */
  async #join({ work, token, controlPlane }: BootstrapRequest): Promise<void> {
    const { name } = work.server.metadata;
    const asBootstrapper = await createKubeClient({
      kubeconfig: kubeconfigOf(controlPlane.server, controlPlane.caPem, token),
      env: {},
    });
    if (!this.joinsWithoutToken.has(name)) await this.requestCertificate(name, asBootstrapper);
    await this.registerNode(name);
  }

  /** What a kubelet asks for as whoever `client` is. */
  async requestCertificate(name: string, client: KubeClient): Promise<void> {
    await client.create(certificateSigningRequests, "", {
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
      metadata: { generateName: "node-csr-" },
      spec: {
        signerName: "kubernetes.io/kube-apiserver-client-kubelet",
        request: certificateRequestOf(name),
        usages: ["digital signature", "client auth"],
      },
    });
  }

  /** Makes the Node, as the kubelet on this host would. */
  async registerNode(name: string): Promise<void> {
    const node = { apiVersion: "v1", kind: "Node", metadata: { name } };
    await this.#admin.create(nodes, "", node);
    await this.#report(name);
  }

  /** What a kubelet says of its host, over and over. */
  async #report(name: string): Promise<void> {
    const { machineId, reportedMachineId = machineId, bootId, systemUuid } = this.host(name);
    const now = new Date().toISOString();
    const times = { lastHeartbeatTime: now, lastTransitionTime: now };
    const status = {
      nodeInfo: {
        machineID: reportedMachineId,
        bootID: bootId,
        systemUUID: systemUuid,
        kubeletVersion: "v1.37.2",
        kubeProxyVersion: "",
        containerRuntimeVersion: "containerd://1.7.24",
        kernelVersion: "6.12",
        osImage: "Debian",
        operatingSystem: "linux",
        architecture: "amd64",
      },
      conditions: [
        { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is ready", ...times },
      ],
    };
    await this.#admin.mergePatch(nodes, { namespace: "", name }, { status }, { subresource: "status" });
  }

  #session(name: string): Host {
    const { machineId, bootId, systemUuid } = this.host(name);
    const files: Record<string, string> = {
      "/etc/machine-id": machineId,
      "/proc/sys/kernel/random/boot_id": bootId,
      "/sys/class/dmi/id/product_uuid": systemUuid,
    };
    return {
      name,
      run: async ([program, file = ""]) => {
        const text = files[file];
        if (program !== "cat" || text === undefined) throw new Error(`not expected: ${program} ${file}`);
        return Promise.resolve({ stdout: `${text}\n`, stderr: "", exitCode: 0 });
      },
      runScript: notExpected,
      upload: notExpected,
      [Symbol.asyncDispose]: async () => Promise.resolve(),
    };
  }
}

function outlineOf(names: readonly string[]): StepOutline[] {
  return names.map((name) => ({ name, title: `Step ${name}`, isPreparation: name === "prepare-host" }));
}

async function notExpected(): Promise<never> {
  return Promise.reject(new Error("not expected of a fake host"));
}

async function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = () => reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

function kubeconfigOf(server: string, caPem: string, token: string): string {
  const ca = Buffer.from(caPem).toString("base64");
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "join",
    clusters: [{ name: "mx", cluster: { server, "certificate-authority-data": ca } }],
    users: [{ name: "bootstrap", user: { token } }],
    contexts: [{ name: "join", context: { cluster: "mx", user: "bootstrap" } }],
  });
}
