import { API_VERSION } from "../../api/v1alpha1/kind.ts";
import { Operation, type OperationStatus } from "../../api/v1alpha1/operation.ts";
import type { ProvisioningProfile } from "../../api/v1alpha1/provisioning-profile.ts";
import { REVISION_LABEL, ROLLOUT_LABEL, Rollout, type RolloutSpec } from "../../api/v1alpha1/rollout.ts";
import { Server, type ServerStatus } from "../../api/v1alpha1/server.ts";
import { operationWith, profileWith, serverWith } from "../../api/v1alpha1/test-objects.ts";
import { Node } from "../../kubernetes/schemas.ts";
import { isFinished } from "../operation/facts.ts";
import { decide, type Decision } from "./decide.ts";
import type { Facts } from "./facts.ts";
import { isOwn, renderOperation } from "./own-operations.ts";
import { selectServers } from "./select-servers.ts";

/** A Tuesday. */
export const NOW = Date.parse("2026-03-03T12:00:00Z");

export function rolloutWith(spec: Partial<RolloutSpec> = {}, name = "ro"): Rollout {
  return Rollout.parse({
    apiVersion: API_VERSION,
    kind: "Rollout",
    metadata: metadataOf(name, "2026-03-01T00:00:00Z"),
    spec: {
      selector: { matchLabels: { rack: "7" } },
      provisioningProfileRef: { name: "qemu-k8s-worker" },
      operation: "repave",
      ...spec,
    },
  });
}

function metadataOf(name: string, creationTimestamp: string) {
  return { ...profileWith().metadata, name, uid: `uid-of-${name}`, creationTimestamp };
}

/**
 * A namespace's objects in memory, for stories of what a Rollout does with them: decisions are carried out here as they
 * are by act(), and Operations end as the test says, with what the operation controller writes then.
 */
export class Fleet {
  nowMs = NOW;
  rollout: Rollout;
  profile: ProvisioningProfile | undefined = profileWith();
  readonly servers = new Map<string, Server>();
  readonly operations = new Map<string, Operation>();
  readonly nodes = new Map<string, Node>();
  /** Names of the Operations that the Rollout has made, in order. */
  readonly made: string[] = [];
  /** Names of the Operations that were begun, in order. */
  readonly worked: string[] = [];

  constructor(spec: Partial<RolloutSpec>, serverNames: readonly string[], state: "node" | "spare" = "node") {
    this.rollout = rolloutWith(spec);
    for (const name of serverNames) this.addServer(name, state);
  }

  addServer(name: string, state: "node" | "spare" = "node", createdAt = "2026-02-01T00:00:00Z"): void {
    const status: ServerStatus =
      state === "node" ? { state: "ready", nodeRef: { name, uid: `node-${name}` } } : {};
    const metadata = { ...metadataOf(name, createdAt), labels: { rack: "7" } };
    this.servers.set(name, Server.parse({ ...serverWith({}, status), metadata }));
    if (state === "node") this.setNode(name);
  }

  setNode(name: string, { isReady = true, isCordoned = false } = {}): void {
    this.nodes.set(
      name,
      Node.parse({
        metadata: { ...metadataOf(name, "2026-02-01T00:00:00Z"), uid: `node-${name}` },
        spec: { unschedulable: isCordoned },
        status: { conditions: [{ type: "Ready", status: isReady ? "True" : "False" }] },
      }),
    );
  }

  setServer(name: string, status: ServerStatus): void {
    const server = this.server(name);
    this.servers.set(name, { ...server, status: { ...server.status, ...status } });
  }

  setSpec(spec: Partial<RolloutSpec>): void {
    const { metadata } = this.rollout;
    this.rollout = {
      ...this.rollout,
      metadata: { ...metadata, generation: metadata.generation + 1 },
      spec: { ...this.rollout.spec, ...spec },
    };
  }

  setProfile(generation: number, name = "qemu-k8s-worker"): void {
    this.profile = {
      ...profileWith(),
      metadata: { ...metadataOf(name, "2026-02-01T00:00:00Z"), generation },
    };
  }

  facts(): Facts {
    const { nowMs, rollout, profile } = this;
    const isThere = profile?.metadata.name === rollout.spec.provisioningProfileRef.name;
    return {
      nowMs,
      rollout,
      profile: isThere ? profile : undefined,
      servers: selectServers(rollout, [...this.servers.values()]).map((server) => ({
        server,
        operations: [...this.operations.values()].filter(
          ({ spec }) => spec.serverRef.name === server.metadata.name,
        ),
        node: this.nodes.get(server.status.nodeRef?.name ?? ""),
      })),
    };
  }

  decide(): Decision {
    return decide(this.facts());
  }

  /** Decides and does it; `atMost` so many writes, as after a crash in between. Returns the servers begun. */
  step(atMost = Number.POSITIVE_INFINITY): string[] {
    const { work } = this.decide();
    if (work === undefined) return [];
    const begun: string[] = [];
    const labels = {
      [ROLLOUT_LABEL]: this.rollout.metadata.name,
      [REVISION_LABEL]: work.target.revision,
    };
    const writes: (() => void)[] = [
      ...work.withdraw.map(
        ({ metadata }) =>
          () =>
            void this.operations.delete(metadata.name),
      ),
      ...work.adopt.map((operation) => () => this.#label(operation, labels)),
    ];
    for (const { server, superseded } of work.begin) {
      for (const operation of superseded) {
        writes.push(() => {
          if (isOwn(operation, this.rollout)) this.operations.delete(operation.metadata.name);
          else this.#label(operation, {});
        });
      }
      writes.push(() => {
        const { metadata, spec } = Operation.parse(
          withMeta(renderOperation(work.target, server), this.nowMs),
        );
        if (this.operations.has(metadata.name)) throw new Error(`${metadata.name} is there already`);
        this.put(operationWith({ name: metadata.name, meta: metadata, spec }));
        this.made.push(metadata.name);
        begun.push(server.metadata.name);
      });
    }
    for (const write of writes.slice(0, atMost)) write();
    return begun;
  }

  put(operation: Operation): void {
    this.operations.set(operation.metadata.name, operation);
  }

  /** What a person asks for with an Operation of their own. */
  putOthers(name: string, server: string, spec: Partial<Operation["spec"]> = {}): void {
    this.put(operationWith({ name, server, spec, meta: { creationTimestamp: this.#time() } }));
  }

  /** The Operation of the Rollout on this server that has not ended. */
  running(server: string): Operation {
    const found = this.unfinished().find(({ spec }) => spec.serverRef.name === server);
    if (found === undefined) throw new Error(`nothing runs on ${server}`);
    return found;
  }

  unfinished(): Operation[] {
    return [...this.operations.values()].filter((operation) => !isFinished(operation));
  }

  begin(operation: Operation): void {
    const { name = "", uid = "", generation = 0 } = this.profile?.metadata ?? {};
    const profile = { name, uid, generation };
    this.worked.push(operation.metadata.name);
    this.#setStatus(operation, { phase: "Running", startedAt: this.#time(), profile });
    this.setServer(operation.spec.serverRef.name, { state: "provisioning" });
  }

  /** Ends an Operation as the operation controller does: first the Server is written, then the Operation. */
  finish(operation: Operation, phase: "Succeeded" | "Failed" = "Succeeded"): void {
    if (operation.status.startedAt === undefined) this.begin(operation);
    const now = this.operations.get(operation.metadata.name) ?? operation;
    const { startedAt = "", profile } = now.status;
    const { serverRef, operation: kind } = now.spec;
    const server = this.server(serverRef.name);
    const history = (server.status.history ?? []).filter((success) => success.operation !== kind);
    if (phase === "Failed") this.setServer(serverRef.name, { state: "error" });
    else if (kind === "deprovision") {
      this.nodes.delete(serverRef.name);
      const success = { operation: kind, name: now.metadata.name, startedAt };
      const kept = history.filter(({ operation: earlier }) => earlier !== "repave");
      this.setServer(serverRef.name, { state: "pending", nodeRef: undefined, history: [...kept, success] });
    } else {
      const success = { operation: kind, name: now.metadata.name, startedAt, ...(profile && { profile }) };
      const nodeRef = { name: serverRef.name, uid: `node-${serverRef.name}` };
      this.setServer(serverRef.name, { state: "ready", nodeRef, history: [...history, success] });
      this.setNode(serverRef.name);
    }
    this.#setStatus(now, { ...now.status, phase });
  }

  server(name: string): Server {
    const server = this.servers.get(name);
    if (server === undefined) throw new Error(`no server ${name}`);
    return server;
  }

  #setStatus(operation: Operation, status: OperationStatus): void {
    this.put({ ...operation, status });
  }

  #label({ metadata: { name } }: Operation, labels: Record<string, string>): void {
    const operation = this.operations.get(name);
    if (operation === undefined) return;
    this.put({ ...operation, metadata: { ...operation.metadata, labels } });
  }

  #time(): string {
    return new Date(this.nowMs).toISOString();
  }
}

function withMeta(rendered: object, nowMs: number): object {
  const { metadata } = Operation.pick({ metadata: true })
    .extend({ metadata: Operation.shape.metadata.pick({ name: true, namespace: true, labels: true }) })
    .parse(rendered);
  const filled = { ...metadataOf(metadata.name, new Date(nowMs).toISOString()), ...metadata };
  return { ...rendered, metadata: filled };
}
