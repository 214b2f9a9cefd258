import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Operation } from "../../api/v1alpha1/operation.ts";
import { Server } from "../../api/v1alpha1/server.ts";
import { operationWith } from "../../api/v1alpha1/test-objects.ts";
import * as resources from "../../kubernetes/resources.ts";
import { decide, type Work } from "./decide.ts";
import { isFinished } from "./facts.ts";
import { letServerGo, takeServer } from "./hold.ts";
import { Story } from "./story.ts";

const namespace = "simulator-dc";
const NAMES = ["op-1", "op-2"];

type Event =
  /** A controller, of which there may be several, brings its picture of Operations or of Servers up to date. */
  | { kind: "hear"; of: "operations" | "servers"; controller: number }
  /** It decides on one, by what it has heard. */
  | { kind: "decide"; name: string; controller: number }
  /** It does what it decided then. */
  | { kind: "take"; name: string; controller: number }
  | { kind: "create"; name: string }
  /** It waits for something of its own, and holds up nobody. */
  | { kind: "stand-aside"; name: string }
  | { kind: "end"; name: string }
  | { kind: "delete"; name: string };

const controllers = fc.constantFrom(0, 1);
const names = fc.constantFrom(...NAMES);
const events: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    kind: fc.constant("hear" as const),
    of: fc.constantFrom("operations" as const, "servers" as const),
    controller: controllers,
  }),
  fc.record({ kind: fc.constant("decide" as const), name: names, controller: controllers }),
  fc.record({ kind: fc.constant("take" as const), name: names, controller: controllers }),
  fc.record({ kind: fc.constant("create" as const), name: names }),
  fc.record({ kind: fc.constant("stand-aside" as const), name: names }),
  fc.record({ kind: fc.constant("end" as const), name: names }),
  fc.record({ kind: fc.constant("delete" as const), name: names }),
);

/** Controllers with pictures that are behind, on a cluster that checks every write. */
class Model {
  readonly story = new Story();
  readonly pictures = [this.#look(), this.#look()];
  readonly decided = new Map<string, Work>();
  /** Operations that took the Server and have not let it go. */
  readonly working = new Set<string>();

  async play(event: Event): Promise<void> {
    switch (event.kind) {
      case "hear": {
        const picture = this.pictures[event.controller];
        if (picture !== undefined) Object.assign(picture, { [event.of]: this.#look()[event.of] });
        return;
      }
      case "decide": {
        const key = `${event.controller} ${event.name}`;
        const decision = this.#decide(event.name, event.controller);
        if (decision?.kind === "work") this.decided.set(key, decision);
        else this.decided.delete(key);
        return;
      }
      case "take": {
        const work = this.decided.get(`${event.controller} ${event.name}`);
        // A controller that acts on another Operation of that name is stopped by the uid at its first write.
        if (work === undefined || this.#isOver(event.name)) return;
        if (this.#peek(event.name)?.metadata.uid !== work.operation.metadata.uid) return;
        if (await takeServer(work, this.story.ctx)) this.working.add(event.name);
        return;
      }
      case "create": {
        if (this.#peek(event.name) !== undefined) return;
        this.story.clock.advance(1_000);
        const uid = `${event.name} of ${this.story.clock.now()}`;
        const creationTimestamp = new Date(this.story.clock.now()).toISOString();
        const operation = operationWith({ name: event.name, meta: { uid, creationTimestamp } });
        this.story.cluster.put(resources.operations, operation);
        return;
      }
      case "stand-aside": {
        const ref = { namespace, name: event.name };
        if (this.#isOver(event.name) || this.working.has(event.name)) return;
        const status = { phase: "Pending", reason: "ProfileNotFound" };
        await this.story.cluster.mergePatch(resources.operations, ref, { status });
        return;
      }
      case "end":
        return this.#end(event.name, { status: { phase: "Succeeded" } });
      case "delete":
        return this.#end(event.name, undefined);
    }
  }

  /** As finish() and stop() do: what it says of itself first, then the hold. */
  async #end(name: string, change: object | undefined): Promise<void> {
    const ref = { namespace, name };
    const operation = this.story.cluster.peek(resources.operations, ref, Operation);
    if (operation === undefined || isFinished(operation)) return;
    if (change !== undefined) await this.story.cluster.mergePatch(resources.operations, ref, change);
    this.working.delete(name);
    await letServerGo(operation, this.story.ctx);
    if (change === undefined) await this.story.cluster.delete(resources.operations, ref);
  }

  #isOver(name: string): boolean {
    const operation = this.#peek(name);
    return operation === undefined || isFinished(operation);
  }

  #peek(name: string): Operation | undefined {
    return this.story.cluster.peek(resources.operations, { namespace, name }, Operation);
  }

  #look() {
    return {
      operations: this.story.cluster.peekAll(resources.operations, Operation),
      servers: this.story.cluster.peekAll(resources.servers, Server),
    };
  }

  #decide(name: string, controller: number) {
    const picture = this.pictures[controller];
    if (picture === undefined) return undefined;
    const isIt = ({ metadata }: Operation) => metadata.name === name;
    return decide({
      providerId: "qemu",
      nowMs: this.story.clock.now(),
      controllerStartedMs: 0,
      operation: picture.operations.find(isIt),
      server: picture.servers[0],
      profile: this.story.ctx.caches.profile({ namespace, name: "qemu-k8s-worker" }),
      credentialsProblem: undefined,
      mxVersion: "v1.37.2",
      missingClusterConfig: [],
      rivals: picture.operations.filter((one) => !isIt(one)),
    });
  }
}

void test("however late controllers hear of things, at most one Operation works on a Server", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(events, { maxLength: 80, size: "max" }), async (story) => {
      const model = new Model();
      for (const event of story) {
        await model.play(event);
        assert.ok(model.working.size <= 1, [...model.working].join());
        const holder = model.story.server().status.currentOperation?.name;
        for (const name of model.working) assert.equal(holder, name);
      }
    }),
    { numRuns: 500 },
  );
});

void test("a hold of an Operation that a controller has not heard of yet is a hold", async () => {
  const model = new Model();
  const play = async (...story: Event[]) => {
    for (const event of story) await model.play(event);
  };

  // op-1 waits for a profile; op-2 is made and takes the Server, which the second controller hears of, but not of op-2.
  await play(
    { kind: "stand-aside", name: "op-1" },
    { kind: "create", name: "op-2" },
    { kind: "hear", of: "operations", controller: 0 },
    { kind: "decide", name: "op-2", controller: 0 },
    { kind: "take", name: "op-2", controller: 0 },
    { kind: "hear", of: "servers", controller: 1 },
    { kind: "decide", name: "op-1", controller: 1 },
    { kind: "take", name: "op-1", controller: 1 },
  );

  assert.deepEqual([...model.working], ["op-2"]);
});
