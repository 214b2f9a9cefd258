import assert from "node:assert/strict";
import { test } from "node:test";
import { ABANDON, SERVER_FINALIZER, type Server, type ServerStatus } from "../../api/v1alpha1/server.ts";
import { operationWith, serverWith } from "../../api/v1alpha1/test-objects.ts";
import { Node } from "../../kubernetes/schemas.ts";
import { OPERATION_FINALIZER } from "../operation/facts.ts";
import { decideServer, type ServerDecision, type ServerFacts } from "./decide-server.ts";

const finalizers = [SERVER_FINALIZER];
const deletionTimestamp = "2026-01-01T00:00:00Z";
const nodeRef = { name: "vm-1", uid: "node-1" };
const currentOperation = { name: "op-1", uid: "uid-of-op-1" };

function server(status: ServerStatus, meta: Partial<Server["metadata"]> = {}): Server {
  const base = serverWith({}, status);
  return { ...base, metadata: { ...base.metadata, ...meta } };
}

function node(uid: string): Node {
  return Node.parse({
    metadata: { name: "vm-1", uid, resourceVersion: "1", creationTimestamp: deletionTimestamp },
  });
}

const rows: [given: string, facts: Partial<ServerFacts>, kind: ServerDecision["kind"], says?: RegExp][] = [
  ["no Server", { server: undefined }, "nothing"],
  ["a Server that is nothing yet", { server: server({}) }, "nothing"],
  ["another provider's", { server: serverWith({ provider: "azure" }, { nodeRef }) }, "nothing"],
  ["a Server that is a node", { server: server({ nodeRef }) }, "guard"],
  ["a guarded one", { server: server({ nodeRef }, { finalizers }) }, "nothing"],
  [
    "a Server that an Operation works on",
    { server: server({ currentOperation }), holder: operationWith({ status: { phase: "Running" } }) },
    "guard",
  ],
  [
    "a deletion while its Node exists",
    { server: server({ nodeRef }, { finalizers, deletionTimestamp }), node: node("node-1") },
    "hold",
    /Node "vm-1" still exists: .*deprovision.*kubectl annotate server vm-1 stargate\.io\/abandon=true/,
  ],
  [
    "a deletion when its Node is gone",
    { server: server({ nodeRef }, { finalizers, deletionTimestamp }) },
    "release",
  ],
  [
    "a deletion when its name is another Node's",
    { server: server({ nodeRef }, { finalizers, deletionTimestamp }), node: node("node-2") },
    "release",
  ],
  [
    "a deletion of one that is to be abandoned",
    {
      server: server({ nodeRef }, { finalizers, deletionTimestamp, annotations: { [ABANDON]: "true" } }),
      node: node("node-1"),
    },
    "release",
  ],
  [
    "a deletion under an Operation",
    {
      server: server({ currentOperation }, { finalizers, deletionTimestamp }),
      holder: operationWith({ status: { phase: "Running" } }),
    },
    "hold",
    /"op-1" works on this Server/,
  ],
  [
    "a deletion that others hold up",
    { server: server({}, { finalizers: ["x"], deletionTimestamp }) },
    "nothing",
  ],
  ["a hold by an Operation that is no more", { server: server({ currentOperation }) }, "orphaned"],
  [
    "a hold by another Operation of that name",
    {
      server: server({ currentOperation }),
      holder: operationWith({ meta: { uid: "another" }, status: { phase: "Running" } }),
    },
    "orphaned",
  ],
  [
    "a hold by an Operation that ended and is about to let go",
    {
      server: server({ currentOperation }, { finalizers }),
      holder: operationWith({ status: { phase: "Failed" }, meta: { finalizers: [OPERATION_FINALIZER] } }),
    },
    "nothing",
  ],
  [
    "a hold by an Operation that ended and will not let go any more",
    { server: server({ currentOperation }), holder: operationWith({ status: { phase: "Failed" } }) },
    "orphaned",
  ],
];

for (const [given, facts, kind, says] of rows) {
  void test(`decideServer() given ${given} says ${kind}`, () => {
    const decision = decideServer({
      providerId: "qemu",
      server: undefined,
      node: undefined,
      holder: undefined,
      ...facts,
    });

    assert.equal(decision.kind, kind);
    if (says !== undefined) assert.match("message" in decision ? decision.message : "", says);
  });
}
