import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { operationWith, serverWith } from "../api/v1alpha1/test-objects.ts";
import type { Lease } from "../kubernetes/schemas.ts";
import { findWork, judgeControllers } from "./controllers.ts";
import { troubles } from "./troubles.ts";

void describe("judgeControllers()", () => {
  const nowMs = Date.parse("2026-01-01T00:10:00Z");
  const lease = (renewTime: string, holderIdentity = "host-1", namespace = "kube-system"): Lease => ({
    metadata: {
      name: "x",
      namespace,
      uid: "u",
      resourceVersion: "1",
      creationTimestamp: "",
      labels: {},
      annotations: {},
    },
    spec: { holderIdentity, renewTime, leaseDurationSeconds: 15 },
  });
  const rows = [
    { given: "one that works", value: [lease("2026-01-01T00:09:55Z")], waiting: 2, expected: [] },
    {
      given: "one that went silent, with work waiting",
      value: [lease("2026-01-01T00:05:00Z")],
      waiting: 2,
      expected: [
        "red qemu-controller: does not run, last seen 2026-01-01T00:05:00.000Z; 2 Operations wait for it",
      ],
    },
    {
      given: "one that was stopped",
      value: [lease("2026-01-01T00:09:59Z", "")],
      waiting: 0,
      expected: ["warning qemu-controller: does not run, last seen 2026-01-01T00:09:59.000Z"],
    },
    {
      given: "one for this namespace only",
      value: [lease("2026-01-01T00:09:59Z", "host-1", "dc")],
      waiting: 2,
      expected: [],
    },
    {
      given: "one for another namespace only",
      value: [lease("2026-01-01T00:09:59Z", "host-1", "dc-2")],
      waiting: 2,
      expected: ["red qemu-controller: has never run; 2 Operations wait for it"],
    },
    { given: "none yet", value: [], waiting: 0, expected: ["warning qemu-controller: has never run"] },
  ];
  for (const { given, value, waiting, expected } of rows) {
    void it(`given ${given}`, () => {
      const facts = [{ provider: "qemu", leases: { value }, work: new Map([["dc", waiting]]) }];
      assert.deepEqual(troubles(judgeControllers(facts, nowMs)), expected);
    });
  }

  void it("goes by the work that is not finished, of each provider", () => {
    const operations = [
      operationWith({}),
      operationWith({ status: { phase: "Running" } }),
      operationWith({ status: { phase: "Failed" } }),
      operationWith({ server: "gone" }),
    ];
    assert.deepEqual([...findWork([serverWith({})], operations)], [["qemu", new Map([["simulator-dc", 2]])]]);
  });
});
