import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Operation } from "../../api/v1alpha1/operation.ts";
import { operationWith, profileWith, serverWith } from "../../api/v1alpha1/test-objects.ts";
import { deadlineMs, decide } from "./decide.ts";
import { hasBegun, isFinished, OPERATION_FINALIZER, type Facts } from "./facts.ts";

const NOW = Date.parse("2026-01-01T12:00:00Z");
const time = (beforeMs: number) => new Date(NOW - beforeMs).toISOString();

const operations = fc
  .record({
    name: fc.constantFrom("op-0", "op-1", "op-2"),
    phase: fc.constantFrom(
      undefined,
      "Pending" as const,
      "Running" as const,
      "Succeeded" as const,
      "Failed" as const,
    ),
    reason: fc.constantFrom(undefined, "ServerBusy", "ProfileNotFound", "InProgress"),
    begunMs: fc.option(fc.integer({ min: 0, max: 7_200_000 }), { nil: undefined }),
    isDeleted: fc.boolean(),
    hasFinalizer: fc.boolean(),
    spec: fc.record({
      operation: fc.constantFrom("repave" as const, "reboot" as const, "deprovision" as const),
      cancel: fc.boolean(),
      force: fc.boolean(),
      timeout: fc.constantFrom("1m", "30m", "1h30m"),
    }),
  })
  .map(({ name, phase, reason, begunMs, isDeleted, hasFinalizer, spec }) =>
    operationWith({
      name,
      spec,
      status: { phase, reason, ...(begunMs === undefined ? {} : { startedAt: time(begunMs) }) },
      meta: {
        creationTimestamp: time(7_200_000),
        ...(isDeleted ? { deletionTimestamp: time(0) } : {}),
        finalizers: hasFinalizer ? [OPERATION_FINALIZER] : [],
      },
    }),
  );

const servers = fc
  .record({
    provider: fc.constantFrom("qemu", "azure", undefined),
    hostKey: fc.constantFrom("ssh-ed25519 AAAA", undefined),
    holder: fc.constantFrom(undefined, "op-0", "op-1", "op-2"),
    os: fc.constantFrom(undefined, "k8s-1.36", "k8s-1.37", "debian"),
  })
  .map(({ provider, hostKey, holder, os }) =>
    serverWith(
      { provider, hostKey },
      {
        os,
        ...(holder === undefined ? {} : { currentOperation: { name: holder, uid: `uid-of-${holder}` } }),
      },
    ),
  );

const anyFacts: fc.Arbitrary<Facts> = fc.record({
  providerId: fc.constant("qemu"),
  nowMs: fc.constant(NOW),
  controllerStartedMs: fc.integer({ min: 0, max: 7_200_000 }).map((beforeMs) => NOW - beforeMs),
  operation: fc.option(operations, { nil: undefined, freq: 20 }),
  server: fc.option(servers, { nil: undefined }),
  profile: fc.option(
    fc
      .constantFrom("1.30", "1.36.3", "1.37", "1.38")
      .map((kubernetesVersion) => profileWith({ kubernetesVersion })),
    { nil: undefined },
  ),
  credentialsProblem: fc.constantFrom(undefined, "There is no Secret of that name yet"),
  mxVersion: fc.constantFrom("v1.37.2", "v1.36.0", ""),
  missingClusterConfig: fc.constantFrom([], ["ConfigMap kube-system/kubeadm-config"]),
  rivals: fc.array(operations, { maxLength: 3 }),
});

function check(property: (facts: Facts, operation: Operation) => void): void {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      if (facts.operation !== undefined) property(facts, facts.operation);
    }),
    { numRuns: 2_000 },
  );
}

void test("there is no way out of Succeeded and Failed", () => {
  check((facts, operation) => {
    if (!isFinished(operation)) return;
    assert.ok(["ignore", "release"].includes(decide(facts).kind));
  });
});

void test("what was accepted ends: past its time nothing waits and nothing works", () => {
  check((facts, operation) => {
    const isOthers =
      facts.server?.spec.provider !== undefined && facts.server.spec.provider !== facts.providerId;
    if (!hasBegun(operation) || isOthers || NOW < deadlineMs(facts, operation)) return;
    assert.ok(["fail", "stop", "release", "ignore"].includes(decide(facts).kind));
    if (!isFinished(operation))
      assert.notEqual(decide(facts).kind === "ignore" && !operation.metadata.deletionTimestamp, true);
  });
});

void test("a cancelled Operation is never worked on, and never waits", () => {
  check((facts, operation) => {
    if (!operation.spec.cancel) return;
    assert.ok(!["work", "wait"].includes(decide(facts).kind));
  });
});

void test("work is only ever on a Server that nobody else holds or comes before", () => {
  check((facts, operation) => {
    const decision = decide(facts);
    if (decision.kind !== "work") return;
    const { currentOperation } = decision.server.status;
    const holder = facts.rivals.find(({ metadata }) => metadata.uid === currentOperation?.uid);
    assert.ok(holder === undefined || isFinished(holder) || holder.metadata.uid === operation.metadata.uid);
    assert.equal(decision.server.spec.provider, facts.providerId);
    assert.notEqual(decision.server.spec.hostKey, undefined);
  });
});

void test("every wait and every failure says why, in one word and in a sentence", () => {
  check((facts) => {
    const decision = decide(facts);
    if (decision.kind !== "wait" && decision.kind !== "fail") return;
    assert.match(decision.reason, /^[A-Z][A-Za-z]+$/);
    assert.ok(decision.message.length > 20);
    if (decision.kind === "wait") assert.ok(decision.delayMs > 0 && decision.delayMs <= 60_000);
  });
});
