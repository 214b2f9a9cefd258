import assert from "node:assert/strict";
import { test } from "node:test";
import { Pod } from "../../kubernetes/schemas.ts";
import { hasToLeave } from "./drain-node.ts";

const rows: { what: string; metadata?: object; phase?: string; leaves: boolean }[] = [
  { what: "a pod", leaves: true },
  {
    what: "a pod of a ReplicaSet",
    metadata: { ownerReferences: [{ kind: "ReplicaSet", name: "web" }] },
    leaves: true,
  },
  {
    what: "a pod of a DaemonSet",
    metadata: { ownerReferences: [{ kind: "DaemonSet", name: "proxy" }] },
    leaves: false,
  },
  {
    what: "a pod of the node itself",
    metadata: { ownerReferences: [{ kind: "Node", name: "vm-1" }] },
    leaves: false,
  },
  {
    what: "a mirror pod",
    metadata: { annotations: { "kubernetes.io/config.mirror": "abc" } },
    leaves: false,
  },
  { what: "a pod that has finished", phase: "Succeeded", leaves: false },
  { what: "a pod on its way out", metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" }, leaves: true },
];

for (const { what, metadata = {}, phase = "Running", leaves } of rows) {
  void test(`hasToLeave() says ${leaves ? "yes" : "no"} to ${what}`, () => {
    const pod = Pod.parse({
      metadata: {
        name: "web-1",
        namespace: "default",
        uid: "1",
        resourceVersion: "1",
        creationTimestamp: "2026-01-01T00:00:00Z",
        ...metadata,
      },
      spec: {},
      status: { phase },
    });

    assert.equal(hasToLeave(pod), leaves);
  });
}
