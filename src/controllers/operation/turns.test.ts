import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Datacenter } from "../../api/v1alpha1/datacenter.ts";
import type { Operation, OperationStatus } from "../../api/v1alpha1/operation.ts";
import { operationWith, serverWith } from "../../api/v1alpha1/test-objects.ts";
import { datacenterWith } from "../datacenter/test-objects.ts";
import { Turns, type Turn } from "./turns.ts";

const AT = "2026-01-01T00:00:00Z";
const running: OperationStatus = { phase: "Running", startedAt: AT, reason: "InProgress" };
const waiting: OperationStatus = { phase: "Pending", reason: "WaitingForTurn" };
const retrying: OperationStatus = {
  ...running,
  conditions: [{ type: "Retrying", status: "True", reason: "X", message: "x", lastTransitionTime: AT }],
};

/** Operations as they are in the cluster; "a-1" is for the server of that name, in datacenter a. */
const cluster = new Map<string, Operation>();
const limits = { total: 2, inDatacenter: 2 };
let ofA: { maxConcurrentOperations?: number };

beforeEach(() => {
  cluster.clear();
  ofA = {};
});

function datacenter(name: string, spec: { maxConcurrentOperations?: number } = {}): Datacenter {
  const routers = [{ name: `router-${name}`, address: "192.168.100.1" }];
  return datacenterWith({ name, spec: { routers, ...spec } });
}

function turns(): Turns {
  const made = new Turns({
    providerId: "qemu",
    limits,
    caches: {
      operation: ({ name }) => cluster.get(name),
      operations: () => [...cluster.values()],
      server: ({ name }) => serverWith({ router: { name: `router-${name.slice(0, 1)}` } }),
      datacenters: () => [datacenter("a", ofA), datacenter("b")],
    },
  });
  return made;
}

/** Puts an Operation into the cluster. */
function put(name: string, status: OperationStatus = {}): Operation {
  const operation = operationWith({ name, server: name, status });
  cluster.set(name, operation);
  return operation;
}

function said(turn: Turn | undefined): string {
  return turn === undefined ? "nothing" : turn.kind === "go" ? "go" : turn.message;
}

void test("as many go as may, and the next hears its place in line", () => {
  const all = turns();

  assert.equal(said(all.enter(put("a-1"))), "go");
  assert.equal(said(all.enter(put("a-2"))), "go");
  assert.equal(
    said(all.enter(put("a-3"))),
    "Waits for its turn: number 1 of 1 in line; 2 of at most 2 Operations are worked on, " +
      '2 of at most 2 in datacenter "a".',
  );
});

void test("what others began counts: a controller that was started again begins no more than may be", () => {
  put("a-1", running);
  put("a-2", running);
  put("a-3", waiting);

  const again = turns();

  assert.equal(said(again.enter(put("a-1", running))), "go");
  assert.equal(said(again.enter(put("a-2", running))), "go");
  assert.match(said(again.enter(put("a-3", waiting))), /number 1 of 1/);
});

void test("one that has begun and lacks something holds up its datacenter only, until it goes on", () => {
  const lacking: OperationStatus = {
    ...running,
    reason: "ProfileNotFound",
    conditions: [
      {
        ...{ type: "Accepted", status: "False", reason: "ProfileNotFound", message: "" },
        lastTransitionTime: AT,
      },
    ],
  };
  put("a-1", lacking);
  put("a-2", lacking);
  const all = turns();

  assert.match(said(all.enter(put("a-3"))), /0 of at most 2 Operations are worked on, 2 of at most 2 in/);
  assert.equal(said(all.enter(put("b-1"))), "go");
  assert.equal(said(all.enter(put("b-2"))), "go");
  assert.match(said(all.enter(put("a-1", lacking))), /number 1 of 1 in line; 2 of at most 2/);
});

void test("a datacenter's own limit counts before the controller's", () => {
  ofA = { maxConcurrentOperations: 1 };
  const all = turns();
  put("a-1", running);

  assert.match(said(all.enter(put("a-2"))), /1 of at most 1 in datacenter "a"/);
  assert.equal(said(all.enter(put("b-1"))), "go");
});

void test("one that ends calls the next, once its end is heard of", async () => {
  const woken: string[] = [];
  const all = turns();
  all.onTurn(({ name }) => woken.push(name));
  const [first] = [put("a-1"), put("a-2", running), put("a-3", waiting), put("b-9", waiting)];
  all.enter(first);
  const before = put("a-1", running);
  all.hear(first, before);

  all.leave(first);
  await Promise.resolve();
  assert.deepEqual(woken, [], "for all that is known, it still runs");
  all.hear(before, put("a-1", { phase: "Succeeded" }));
  await Promise.resolve();

  assert.deepEqual(woken, ["b-9"], "the datacenter in which nobody works");
});

void test("while nobody can go, whoever joins the line wakes nobody; when somebody can, it is woken", async () => {
  const woken: string[] = [];
  const all = turns();
  all.onTurn(({ name }) => woken.push(name));
  const [first] = [put("a-1", running), put("a-2", running)];
  all.hear(undefined, first);
  await Promise.resolve();
  for (const name of ["b-1", "b-2", "b-3"]) all.hear(put(name), put(name, waiting));
  await Promise.resolve();
  assert.deepEqual(woken, []);
  assert.match(said(all.look(put("b-3", waiting))), /number 3 of 3/);

  all.hear(first, put("a-1", { phase: "Failed" }));
  await Promise.resolve();

  assert.deepEqual(woken, ["b-1"]);
});

void test("one that waits for its next try gives way, and comes first in its datacenter when it returns", () => {
  const all = turns();
  const rests = put("a-1", retrying);
  put("a-2", running);

  assert.equal(said(all.enter(put("b-1"))), "go");
  assert.match(said(all.enter(put("a-3"))), /number 1 of 1/, "a has begun two");
  put("a-3", waiting);
  assert.match(said(all.enter(rests)), /number 1 of 2 in line/);
});

void test("look() knows who stands in line without asking anybody, and only them", () => {
  const all = turns();
  put("b-1", running);
  put("b-2", running);
  const inLine = put("a-1", waiting);

  assert.match(said(all.look(inLine)), /number 1 of 1/);
  assert.equal(said(all.look(put("a-2"))), "nothing", "it has to be looked at in full first");
  const cancelled = operationWith({ name: "a-3", server: "a-3", status: waiting, spec: { cancel: true } });
  assert.equal(said(all.look(cancelled)), "nothing", "it is to end");
  all.leave(inLine);
  assert.equal(said(all.look(inLine)), "nothing", "what is known of it may be old");
});

void test("another provider's Operations take no turn here", () => {
  const others = new Turns({
    providerId: "azure",
    limits: { total: 1, inDatacenter: 1 },
    caches: {
      operation: ({ name }) => cluster.get(name),
      operations: () => [...cluster.values()],
      server: ({ name }) => serverWith({ provider: name.startsWith("a") ? "azure" : "qemu" }),
      datacenters: () => [],
    },
  });
  put("q-1", running);

  assert.equal(said(others.enter(put("a-1"))), "go");
  assert.match(said(others.enter(put("a-2"))), /1 of at most 1 Operations are worked on\.$/);
});
