import assert from "node:assert/strict";
import { test } from "node:test";
import { Node } from "../../kubernetes/schemas.ts";
import { proveNode, type Expected, type Proof } from "./prove-node.ts";

const startedAt = "2026-01-01T00:10:00Z";

const expected: Expected = {
  identity: { machineId: "m1", bootId: "b1", systemUuid: "ABC-1" },
  previousNodeUid: "old",
  createdAtMs: Date.parse(startedAt),
  joinedWithOurToken: true,
};

interface Change {
  uid?: string;
  created?: string;
  deleted?: string;
  info?: Partial<NonNullable<Node["status"]["nodeInfo"]>> | null;
  ready?: string;
}

function nodeWith({ uid = "new", created = startedAt, deleted, info = {}, ready = "True" }: Change): Node {
  return Node.parse({
    metadata: {
      name: "vm-1",
      uid,
      resourceVersion: "1",
      creationTimestamp: created,
      deletionTimestamp: deleted,
    },
    status: {
      nodeInfo:
        info === null
          ? undefined
          : {
              machineID: "m1",
              bootID: "b1",
              systemUUID: "abc-1",
              kubeletVersion: "v1.37.2",
              containerRuntimeVersion: "containerd://1.7.24",
              kernelVersion: "6.12",
              osImage: "Debian",
              ...info,
            },
      conditions: [{ type: "Ready", status: ready, message: "cni plugin not initialized" }],
    },
  });
}

const rows: { given: string; change: Change; expect?: Partial<Expected>; kind: Proof["kind"] }[] = [
  { given: "a Ready node of this very host", change: {}, kind: "ready" },
  { given: "a node of this host that is not Ready", change: { ready: "False" }, kind: "joined" },
  { given: "the node from before", change: { uid: "old" }, kind: "unproven" },
  { given: "a node that is going away", change: { deleted: startedAt }, kind: "absent" },
  { given: "a node of before the start", change: { created: "2026-01-01T00:00:00Z" }, kind: "impostor" },
  {
    given: "an API server whose clock is a little behind",
    change: { created: "2026-01-01T00:09:30Z" },
    kind: "ready",
  },
  { given: "a node that says nothing of its host", change: { info: null }, kind: "unproven" },
  { given: "another machine id", change: { info: { machineID: "m2" } }, kind: "impostor" },
  { given: "another boot id", change: { info: { bootID: "b2" } }, kind: "impostor" },
  { given: "another system UUID", change: { info: { systemUUID: "ABC-2" } }, kind: "impostor" },
  {
    given: "a host whose system UUID cannot be read",
    change: { info: { systemUUID: "x" } },
    expect: { identity: { machineId: "m1", bootId: "b1", systemUuid: "" } },
    kind: "ready",
  },
  {
    given: "no join with this Operation's token",
    change: {},
    expect: { joinedWithOurToken: false },
    kind: "unproven",
  },
];

for (const { given, change, expect, kind } of rows) {
  void test(`proveNode() given ${given} says ${kind}`, () => {
    const proof = proveNode(nodeWith(change), { ...expected, ...expect });

    assert.equal(proof.kind, kind);
  });
}

void test("proveNode() given no node says absent", () => {
  assert.deepEqual(proveNode(undefined, expected), { kind: "absent" });
});
