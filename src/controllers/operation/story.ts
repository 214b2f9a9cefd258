import { Datacenter } from "../../api/v1alpha1/datacenter.ts";
import { Operation, type OperationSpec, type StepStatus } from "../../api/v1alpha1/operation.ts";
import { ProvisioningProfile } from "../../api/v1alpha1/provisioning-profile.ts";
import { Server, type ServerStatus } from "../../api/v1alpha1/server.ts";
import { Registry } from "prom-client";
import { FakeClock } from "../../lib/fake-clock.ts";
import { silentLog } from "../../lib/log.ts";
import { FakeHost } from "../../remote/fake-host.ts";
import type { Host, HostAddress } from "../../remote/host.ts";
import * as resources from "../../kubernetes/resources.ts";
import { Node, Secret } from "../../kubernetes/schemas.ts";
import { bootstrapUserOf } from "./bootstrap-token.ts";
import { KUBELET_CLIENT_SIGNER } from "./certificate-request.ts";
import { DEFAULT_LIMITS, RunningOperations, type BootstrapStep, type Context } from "./context.ts";
import { createEventRecorder } from "./events.ts";
import { FakeCluster } from "./fake-cluster.ts";
import { createOperationMetrics } from "./metrics.ts";
import type { NodeWatch } from "./node-watch.ts";
import { reconcile, type Next } from "./reconcile.ts";
import { Turns } from "./turns.ts";
import { operationWith, profileWith, serverWith } from "../../api/v1alpha1/test-objects.ts";
import { certificateRequestOf } from "./test-certificate-request.ts";

const NAMESPACE = "simulator-dc";

/** What a test may want otherwise of a Node. */
interface StoryNode {
  machineID: string;
  ready: string;
  unschedulable: boolean;
  annotations: Record<string, string>;
}

/** Nodes of a FakeCluster; a test says when to look again. */
class StoryNodes implements NodeWatch {
  readonly #cluster: FakeCluster;
  readonly #callbacks = new Set<() => void>();

  constructor(cluster: FakeCluster) {
    this.#cluster = cluster;
  }

  get(name: string): Node | undefined {
    return this.#cluster.peek(resources.nodes, { namespace: "", name }, Node);
  }

  onChange(_name: string, callback: () => void): () => void {
    this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  changed(): void {
    for (const callback of this.#callbacks) callback();
  }
}

/**
 * A cluster with one Server, a host behind it, and what one Operation needs; a test takes away or changes what its
 * story is about. The host "joins" by making its certificate request and Node, as a kubelet does.
 */
export class Story {
  readonly cluster = new FakeCluster();
  readonly clock = new FakeClock();
  readonly nodes = new StoryNodes(this.cluster);
  readonly ran: string[] = [];
  readonly registry = new Registry();
  readonly stop = new AbortController();
  /** Thrown by the next connects, one each. */
  readonly connectErrors: Error[] = [];
  readonly connects: HostAddress[] = [];
  /** Thrown by the next stops on the host, one each. */
  readonly stopErrors: Error[] = [];
  /** Operations stopped on the host, each with the milliseconds of grace it was given. */
  readonly stopped: string[] = [];
  /** Steps that have to be stopped there. */
  runsOn: string[] = [];
  /** What a step does besides being noted. */
  readonly doing: Record<string, (signal: AbortSignal) => Promise<void>> = {};
  machineId = "m1";
  bootId = "b1";
  /** As many Operations at once as there are, unless a test says otherwise. */
  readonly turnLimits = { total: Infinity, inDatacenter: Infinity };
  readonly turns: Turns;
  readonly ctx: Context;

  constructor() {
    const { cluster, clock } = this;
    cluster.put(resources.servers, serverWith());
    cluster.put(resources.provisioningProfiles, profileWith());
    cluster.put(resources.operations, operationWith({}));
    const data = { username: base64("ubuntu"), privateKey: base64("a key, for all this test knows") };
    cluster.put(resources.secrets, {
      metadata: { name: "qemu-ssh-credentials", namespace: NAMESPACE },
      data,
    });
    for (const name of ["kubeadm-config", "kubelet-config"]) {
      cluster.put(resources.configMaps, { metadata: { name, namespace: "kube-system" } });
    }
    this.doing["join-cluster"] = async () => {
      this.join("new-node");
      return Promise.resolve();
    };
    const events = createEventRecorder({
      client: cluster,
      clock,
      log: silentLog,
      component: "qemu-controller",
      instance: "test",
    });
    this.turns = new Turns({
      providerId: "qemu",
      limits: this.turnLimits,
      caches: {
        operation: (ref) => cluster.peek(resources.operations, ref, Operation),
        operations: () => cluster.peekAll(resources.operations, Operation),
        server: (ref) => cluster.peek(resources.servers, ref, Server),
        datacenters: () => cluster.peekAll(resources.datacenters, Datacenter),
      },
    });
    this.ctx = {
      providerId: "qemu",
      client: cluster,
      clock,
      log: silentLog,
      events,
      metrics: createOperationMetrics(this.registry, "qemu"),
      connector: { connect: (address) => this.#connect(address) },
      controlPlane: {
        description: "here",
        server: "https://10.0.0.1:6443",
        caPem: "CA",
        kubeletOverrides: {},
      },
      adminUsername: undefined,
      bootstrap: {
        outline: () => this.#steps(["prepare-host", "reset-node", "join-cluster"]),
        steps: () => this.#steps(["prepare-host", "reset-node", "join-cluster"]),
        cleanOutline: () => this.#steps(["reset-node", "clean-host"]),
        cleanSteps: () => this.#steps(["reset-node", "clean-host"]),
        reboot: async ({ bootId }) => {
          this.ran.push(`reboot ${bootId}`);
          return Promise.resolve();
        },
        stop: async ({ host, operationUid, graceMs }) => {
          const error = this.stopErrors.shift();
          if (error !== undefined) throw error;
          await host.run(["cat", "/etc/machine-id"]);
          await Promise.resolve(); // as what takes its time: by then a connection nobody waits with is closed
          await host.run(["cat", "/etc/machine-id"]);
          this.stopped.push(`${operationUid} ${graceMs}`);
          return Promise.resolve(this.runsOn);
        },
      },
      turns: this.turns,
      caches: {
        operation: (ref) => cluster.peek(resources.operations, ref, Operation),
        operationsOf: (_namespace, server) =>
          cluster
            .peekAll(resources.operations, Operation)
            .filter(({ spec }) => spec.serverRef.name === server),
        server: (ref) => cluster.peek(resources.servers, ref, Server),
        profile: (ref) => cluster.peek(resources.provisioningProfiles, ref, ProvisioningProfile),
      },
      nodes: this.nodes,
      controllerStartedMs: clock.now(),
      limits: DEFAULT_LIMITS,
      running: new RunningOperations(),
      random: () => 1,
    };
  }

  async reconcile(name = "op-1"): Promise<Next> {
    return reconcile({ namespace: NAMESPACE, name }, this.ctx, this.stop.signal);
  }

  /** Puts an Operation there with another spec. */
  put(spec: Partial<OperationSpec>): void {
    this.cluster.put(resources.operations, operationWith({ spec }));
  }

  /** Changes the spec of the Operation, as a person does. */
  async cancel(): Promise<void> {
    await this.cluster.mergePatch(
      resources.operations,
      { namespace: NAMESPACE, name: "op-1" },
      { spec: { cancel: true } },
    );
    this.ctx.running.stop(this.operation().metadata.uid);
  }

  putServer(status: ServerStatus): void {
    this.cluster.put(resources.servers, serverWith({}, status));
  }

  step(name: string): StepStatus | undefined {
    return this.operation().status.steps?.find((step) => step.name === name);
  }

  node(): Node {
    return there(this.nodes.get("vm-1"));
  }

  operation(name = "op-1"): Operation {
    return there(this.cluster.peek(resources.operations, { namespace: NAMESPACE, name }, Operation));
  }

  server(): Server {
    return there(this.cluster.peek(resources.servers, { namespace: NAMESPACE, name: "vm-1" }, Server));
  }

  /** Bootstrap tokens that exist now. */
  tokens(): Secret[] {
    return this.cluster
      .peekAll(resources.secrets, Secret)
      .filter(({ type }) => type === "bootstrap.kubernetes.io/token");
  }

  condition(type: string, name = "op-1"): string {
    const found = this.operation(name).status.conditions?.find((condition) => condition.type === type);
    return found === undefined ? "none" : `${found.status} ${found.reason}`;
  }

  /** What a kubelet on the host does when it joins. */
  join(uid: string, { machineID = "m1", ready = "True" } = {}): void {
    const username = bootstrapUserOf(this.operation().metadata.uid);
    this.cluster.put(resources.certificateSigningRequests, {
      metadata: { name: `csr-of-${uid}` },
      spec: { request: certificateRequestOf("vm-1"), signerName: KUBELET_CLIENT_SIGNER, username },
    });
    this.putNode(uid, { machineID, ready });
  }

  putNode(
    uid: string,
    { machineID = "m1", ready = "True", unschedulable = false, annotations = {} }: Partial<StoryNode> = {},
  ): void {
    const creationTimestamp = new Date(this.clock.now()).toISOString();
    this.cluster.put(resources.nodes, {
      metadata: { name: "vm-1", uid, creationTimestamp, annotations },
      spec: { unschedulable },
      status: {
        nodeInfo: {
          machineID,
          bootID: this.bootId,
          systemUUID: "s1",
          kubeletVersion: "v1.37.2",
          containerRuntimeVersion: "containerd://1.7.24",
          kernelVersion: "6.12",
          osImage: "Debian",
        },
        conditions: [{ type: "Ready", status: ready, message: `ready is ${ready}` }],
      },
    });
    this.nodes.changed();
  }

  #steps(names: readonly string[]): BootstrapStep[] {
    return names.map((name) => ({
      name,
      title: `Step ${name}`,
      isPreparation: name === "prepare-host",
      run: async ({ signal }) => {
        this.ran.push(name);
        await this.doing[name]?.(signal);
        return "done";
      },
    }));
  }

  async #connect(address: HostAddress): Promise<Host> {
    this.connects.push(address);
    const error = this.connectErrors.shift();
    if (error !== undefined) throw error;
    const answers = {
      "cat /etc/machine-id": this.machineId,
      "cat /proc/sys/kernel/random/boot_id": this.bootId,
      "cat /sys/class/dmi/id/product_uuid": "S1",
    };
    const told = Object.entries(answers).map(([call, text]) => [call, { stdout: `${text}\n` }] as const);
    return Promise.resolve(new FakeHost(Object.fromEntries(told)));
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

function there<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the story has nothing there");
  return value;
}
