import type { Datacenter } from "../../api/v1alpha1/datacenter.ts";
import type { Operation } from "../../api/v1alpha1/operation.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
import type { ObjectKey } from "../../controller-runtime/object-key.ts";
import type { ObjectRef } from "../../kubernetes/client.ts";
import { findCondition } from "../conditions.ts";
import { isBehind } from "../datacenter/members.ts";
import { decideTurns, type InLine, type TurnDecision } from "./decide-turns.ts";
import { describeTurn } from "./describe-turn.ts";
import { ACCEPTED, hasBegun, isBeingDeleted, isFinished, WAITING_FOR_TURN } from "./facts.ts";
import { RETRYING } from "./run-step.ts";

/** What the informers hold. */
export interface TurnCaches {
  operation(ref: ObjectRef): Operation | undefined;
  operations(): readonly Operation[];
  server(ref: ObjectRef): Server | undefined;
  datacenters(): readonly Datacenter[];
}

export interface TurnOptions {
  providerId: string;
  caches: TurnCaches;
  limits: {
    /** Operations worked on at once. */
    total: number;
    /** Begun and not ended, in a datacenter that does not say for itself. */
    inDatacenter: number;
  };
}

/** Go: it counts from now on. Wait: what it waits for, in words, and its place in line. */
export type Turn = { kind: "go" } | { kind: "wait"; message: string; place: number };

/**
 * Whose turn it is. Everything is decided from the objects; what is remembered here only bridges the moment between a
 * decision and its being heard of.
 */
export class Turns {
  readonly #options: TurnOptions;
  /** Worked on by this program, whatever the cache says of them yet. */
  readonly #inside = new Set<string>();
  /** Worked on before, and not heard of since: what the cache says of them is old. */
  readonly #unheard = new Set<string>();
  readonly #wakers = new Set<(key: ObjectKey) => void>();
  #decided: { decision: TurnDecision; keys: Map<string, ObjectKey> } | undefined;
  #isWaking = false;
  /** As last decided; false where that may have changed. */
  #isFull = false;
  /** Found once for each state of a Server: there may be many of both. */
  #datacenters = new WeakMap<Server, string>();

  constructor(options: TurnOptions) {
    this.#options = options;
  }

  /** Asks for this Operation's turn. After "go", leave() must follow. */
  enter(operation: Operation): Turn {
    const turn = this.#turnOf(operation, this.#decide(operation).decision);
    if (turn.kind === "go") {
      this.#inside.add(operation.metadata.uid);
      this.#decided = undefined;
    }
    return turn;
  }

  leave({ metadata }: Operation): void {
    const { uid, namespace, name } = metadata;
    this.#inside.delete(uid);
    const known = this.#options.caches.operation({ namespace, name });
    if (known?.metadata.uid === uid && !isFinished(known)) this.#unheard.add(uid);
    this.#changed();
  }

  /** What an Operation that stands in line already still waits for; undefined where it has to be looked at in full. */
  look(operation: Operation | undefined): Extract<Turn, { kind: "wait" }> | undefined {
    if (operation === undefined || this.#unheard.has(operation.metadata.uid)) return undefined;
    if (this.#stateOf(operation) !== "waiting") return undefined;
    this.#decided ??= this.#decide();
    const turn = this.#turnOf(operation, this.#decided.decision);
    return turn.kind === "wait" ? turn : undefined;
  }

  /** Calls for each Operation whose turn has come, until the function that is returned is called. */
  onTurn(wake: (key: ObjectKey) => void): () => void {
    this.#wakers.add(wake);
    return () => void this.#wakers.delete(wake);
  }

  /** To be told of every change of an Operation. */
  hear(before: Operation | undefined, after: Operation | undefined): void {
    const uid = (after ?? before)?.metadata.uid ?? "";
    this.#unheard.delete(uid);
    const state = (operation: Operation | undefined) =>
      operation === undefined ? undefined : this.#stateOf(operation);
    const now = state(after);
    if (state(before) === now) return;
    // Many may join a line at once. While nobody can go, they only make it longer.
    if (this.#isFull && (now === "waiting" || now === "returning")) this.#decided = undefined;
    else this.#changed();
  }

  /** To be told where a Server, or a datacenter's limit, may have changed. */
  hearOfPlaces(): void {
    this.#datacenters = new WeakMap();
    this.#changed();
  }

  #decide(asking?: Operation): { decision: TurnDecision; keys: Map<string, ObjectKey> } {
    const { caches, limits } = this.#options;
    const places = new Map<string, InLine>();
    const keys = new Map<string, ObjectKey>();
    for (const operation of asking === undefined ? caches.operations() : [...caches.operations(), asking]) {
      const place = this.#place(operation, operation === asking);
      if (place === undefined) continue;
      const { uid, namespace, name } = operation.metadata;
      places.set(uid, place);
      keys.set(uid, { namespace, name });
    }
    const decision = decideTurns([...places.values()], {
      total: limits.total,
      inDatacenter: (datacenter) => this.#limitIn(datacenter),
    });
    return { decision, keys };
  }

  #place(operation: Operation, isAsking: boolean): InLine | undefined {
    const known = this.#stateOf(operation);
    const asked = hasBegun(operation) && known !== "working" ? "returning" : "waiting";
    const state = isAsking && known !== "working" ? asked : known;
    if (state === undefined) return undefined;
    const { uid, name, namespace, creationTimestamp } = operation.metadata;
    const server = this.#serverOf(operation);
    if (server?.spec.provider !== this.#options.providerId) return undefined;
    return {
      uid,
      datacenter: this.#datacenterOf(server),
      order: `${creationTimestamp} ${namespace}/${name}`,
      state,
    };
  }

  #stateOf(operation: Operation): InLine["state"] | undefined {
    if (isFinished(operation)) return undefined;
    if (this.#inside.has(operation.metadata.uid)) return "working";
    const isInLine = operation.status.reason === WAITING_FOR_TURN;
    if (!hasBegun(operation)) {
      return isInLine && !isBeingDeleted(operation) && !operation.spec.cancel ? "waiting" : undefined;
    }
    if (!rests(operation)) return "working";
    return isInLine ? "returning" : "resting";
  }

  #turnOf(operation: Operation, { goes, line, working, begun }: TurnDecision): Turn {
    const { uid } = operation.metadata;
    const index = line.indexOf(uid);
    // Neither: it works already, or it stands in no line of ours.
    if (index < 0 || goes.has(uid)) return { kind: "go" };
    const { total } = this.#options.limits;
    const server = this.#serverOf(operation);
    const datacenter = server === undefined ? "" : this.#datacenterOf(server);
    return {
      kind: "wait",
      place: index + 1,
      message: describeTurn({
        place: index + 1,
        inLine: line.length,
        working,
        total,
        datacenter: datacenter.split("/")[1] ?? "",
        begunThere: begun.get(datacenter) ?? 0,
        limitThere: this.#limitIn(datacenter),
      }),
    };
  }

  #serverOf({ metadata, spec }: Operation): Server | undefined {
    return this.#options.caches.server({ namespace: metadata.namespace, name: spec.serverRef.name });
  }

  /** "namespace/name" of the Datacenter, or of the router where there is none; "namespace/" without a router. */
  #datacenterOf(server: Server): string {
    const found = this.#datacenters.get(server) ?? this.#findDatacenter(server);
    this.#datacenters.set(server, found);
    return found;
  }

  #findDatacenter(server: Server): string {
    const known = this.#options.caches.datacenters().find((datacenter) => isBehind(datacenter, server));
    return `${server.metadata.namespace}/${known?.metadata.name ?? server.spec.router?.name ?? ""}`;
  }

  /** Servers that are in no datacenter share no router that could be too much for. */
  #limitIn(datacenter: string): number {
    const [namespace, name = ""] = datacenter.split("/");
    if (name === "") return Infinity;
    const known = this.#options.caches
      .datacenters()
      .find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
    return known?.spec.maxConcurrentOperations ?? this.#options.limits.inDatacenter;
  }

  /** Wakes those whose turn has come, once for all that changes now. */
  #changed(): void {
    this.#decided = undefined;
    this.#isFull = false;
    if (this.#isWaking) return;
    this.#isWaking = true;
    queueMicrotask(() => {
      this.#isWaking = false;
      this.#decided ??= this.#decide();
      const { decision, keys } = this.#decided;
      this.#isFull = decision.working >= this.#options.limits.total;
      for (const uid of decision.goes) {
        const key = keys.get(uid);
        if (key !== undefined) for (const wake of this.#wakers) wake(key);
      }
    });
  }
}

/** It has begun, and waits: for its next try, or for what was taken away meanwhile, its profile for instance. */
function rests({ status: { conditions = [] } }: Operation): boolean {
  return (
    findCondition(conditions, RETRYING)?.status === "True" ||
    findCondition(conditions, ACCEPTED)?.status === "False"
  );
}
