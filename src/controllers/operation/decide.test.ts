import assert from "node:assert/strict";
import { test } from "node:test";
import { decide, deadlineMs, type Decision } from "./decide.ts";
import { OPERATION_FINALIZER, type Facts } from "./facts.ts";
import { operationWith, profileWith, serverWith } from "../../api/v1alpha1/test-objects.ts";

const nowMs = Date.parse("2026-01-01T01:00:00Z");
const minute = 60_000;

const allThere: Facts = {
  providerId: "qemu",
  nowMs,
  controllerStartedMs: nowMs - 60 * minute,
  operation: operationWith({}),
  server: serverWith(),
  profile: profileWith(),
  credentialsProblem: undefined,
  mxVersion: "v1.37.2",
  missingClusterConfig: [],
  rivals: [],
};

const running = operationWith({ status: { phase: "Running", startedAt: "2026-01-01T00:50:00Z" } });
const finalizers = [OPERATION_FINALIZER];
const deletionTimestamp = "2026-01-01T00:59:00Z";

interface Row {
  given: string;
  facts: Partial<Facts>;
  kind: Decision["kind"];
  reason?: string;
  says?: RegExp;
  because?: string;
}

const rows: Row[] = [
  { given: "no Operation", facts: { operation: undefined }, kind: "ignore" },
  { given: "everything", facts: {}, kind: "work" },
  { given: "what a restart left Running", facts: { operation: running }, kind: "work" },
  {
    given: "another provider's server",
    facts: { server: serverWith({ provider: "azure" }) },
    kind: "ignore",
  },
  {
    given: "no Server",
    facts: { server: undefined },
    kind: "wait",
    reason: "ServerNotFound",
    says: /"vm-1" in namespace "simulator-dc"/,
  },
  {
    given: "a Server deleted under a running Operation",
    facts: { server: undefined, operation: running },
    kind: "fail",
    reason: "ServerDeleted",
  },
  {
    given: "a Server of no provider",
    facts: { server: serverWith({ provider: undefined }) },
    kind: "wait",
    reason: "ProviderMissing",
  },
  { given: "no profile", facts: { profile: undefined }, kind: "wait", reason: "ProfileNotFound" },
  {
    given: "a version newer than the control plane",
    facts: { profile: profileWith({ kubernetesVersion: "1.38" }) },
    kind: "fail",
    reason: "VersionSkew",
  },
  {
    given: "a version four minors older",
    facts: { profile: profileWith({ kubernetesVersion: "1.33" }) },
    kind: "fail",
    reason: "VersionSkew",
  },
  {
    given: "a version three minors older",
    facts: { profile: profileWith({ kubernetesVersion: "1.34.4" }) },
    kind: "work",
  },
  {
    given: "no credentials",
    facts: { credentialsProblem: "There is no Secret" },
    kind: "wait",
    reason: "CredentialsNotFound",
    says: /no Secret/,
  },
  {
    given: "a Server without a host key",
    facts: { server: serverWith({ hostKey: undefined }) },
    kind: "wait",
    reason: "HostKeyMissing",
  },
  {
    given: "a cluster that kubeadm cannot join",
    facts: { missingClusterConfig: ["ConfigMap kube-system/kubeadm-config"] },
    kind: "wait",
    reason: "ControlPlaneNotReady",
    says: /kubeadm-config/,
  },
  {
    given: "a Server that another Operation holds",
    facts: {
      server: serverWith({}, { currentOperation: { name: "op-2", uid: "uid-of-op-2" } }),
      rivals: [operationWith({ name: "op-2", status: { phase: "Running" } })],
    },
    kind: "wait",
    reason: "ServerBusy",
    says: /"op-2" \(Running\)/,
  },
  {
    given: "a Server held by an Operation that has ended",
    facts: {
      server: serverWith({}, { currentOperation: { name: "op-0", uid: "uid-of-op-0" } }),
      rivals: [operationWith({ name: "op-0", status: { phase: "Failed" } })],
    },
    kind: "work",
  },
  {
    given: "a Server held by an Operation that is no more",
    facts: { server: serverWith({}, { currentOperation: { name: "op-0", uid: "uid-of-op-0" } }) },
    kind: "work",
  },
  {
    given: "a Server it holds itself, and an older Operation that waits",
    facts: {
      server: serverWith({}, { currentOperation: { name: "op-1", uid: "uid-of-op-1" } }),
      rivals: [operationWith({ name: "op-0", status: { phase: "Pending", reason: "ServerBusy" } })],
    },
    kind: "work",
  },
  {
    given: "an older Operation nobody has looked at yet",
    facts: { rivals: [operationWith({ name: "op-0" })] },
    kind: "wait",
    reason: "ServerBusy",
    says: /"op-0"/,
  },
  {
    given: "an older Operation that waits for a profile of its own",
    facts: {
      rivals: [operationWith({ name: "op-0", status: { phase: "Pending", reason: "ProfileNotFound" } })],
    },
    kind: "work",
  },
  {
    given: "an older Operation that is being deleted",
    facts: { rivals: [operationWith({ name: "op-0", meta: { deletionTimestamp } })] },
    kind: "work",
  },
  { given: "a younger Operation", facts: { rivals: [operationWith({ name: "op-2" })] }, kind: "work" },
  {
    given: "an Operation that ended and holds nothing",
    facts: { operation: operationWith({ status: { phase: "Failed" } }) },
    kind: "ignore",
  },
  {
    given: "an Operation that ended and was not tidied up",
    facts: { operation: operationWith({ status: { phase: "Succeeded" }, meta: { finalizers } }) },
    kind: "release",
  },
  {
    given: "a deletion while it runs",
    facts: {
      operation: operationWith({ status: { phase: "Running" }, meta: { finalizers, deletionTimestamp } }),
    },
    kind: "stop",
    because: "deleted",
  },
  {
    given: "a deletion that others hold up",
    facts: { operation: operationWith({ meta: { deletionTimestamp, finalizers: ["other"] } }) },
    kind: "ignore",
  },
  {
    given: "a deletion whose Server is gone",
    facts: {
      server: undefined,
      operation: operationWith({ status: { phase: "Running" }, meta: { finalizers, deletionTimestamp } }),
    },
    kind: "stop",
    because: "deleted",
  },
  {
    given: "a cancellation before it began",
    facts: { operation: operationWith({ spec: { cancel: true } }), profile: undefined },
    kind: "fail",
    reason: "Cancelled",
    says: /before it began: nothing was done/,
  },
  {
    given: "a cancellation while it runs",
    facts: {
      operation: operationWith({
        spec: { cancel: true },
        status: { phase: "Running", startedAt: "2026-01-01T00:50:00Z" },
      }),
    },
    kind: "stop",
    because: "cancelled",
  },
  {
    given: "a cancellation of what has ended",
    facts: { operation: operationWith({ spec: { cancel: true }, status: { phase: "Succeeded" } }) },
    kind: "ignore",
  },
  {
    given: "a cancellation, and a deletion",
    facts: {
      operation: operationWith({
        spec: { cancel: true },
        status: { phase: "Running" },
        meta: { finalizers, deletionTimestamp },
      }),
    },
    kind: "stop",
    because: "deleted",
  },
  {
    given: "a Server that is being deleted",
    facts: { server: { ...serverWith(), metadata: { ...serverWith().metadata, deletionTimestamp } } },
    kind: "fail",
    reason: "ServerBeingDeleted",
  },
  {
    given: "a Server that is being deleted, and a deprovision",
    facts: {
      operation: operationWith({ spec: { operation: "deprovision" } }),
      server: { ...serverWith(), metadata: { ...serverWith().metadata, deletionTimestamp } },
    },
    kind: "work",
  },
  {
    given: "a reboot, whatever the profile's version",
    facts: {
      operation: operationWith({ spec: { operation: "reboot" } }),
      profile: profileWith({ kubernetesVersion: "1.38" }),
      missingClusterConfig: ["ConfigMap kube-system/kubeadm-config"],
    },
    kind: "work",
  },
  {
    given: "an older version than the server has",
    facts: {
      server: serverWith({}, { os: "k8s-1.37" }),
      profile: profileWith({ kubernetesVersion: "1.36.3" }),
    },
    kind: "fail",
    reason: "Downgrade",
    says: /has Kubernetes 1\.37, the profile says 1\.36\.3.*spec\.force/,
  },
  {
    given: "an older version than the server has, by force",
    facts: {
      operation: operationWith({ spec: { force: true } }),
      server: serverWith({}, { os: "k8s-1.37" }),
      profile: profileWith({ kubernetesVersion: "1.36.3" }),
    },
    kind: "work",
  },
  {
    given: "a newer version than the server has",
    facts: { server: serverWith({}, { os: "k8s-1.36" }) },
    kind: "work",
  },
  {
    given: "an Operation that runs for too long by its own limit",
    facts: {
      operation: operationWith({
        spec: { timeout: "5m" },
        status: { phase: "Running", startedAt: "2026-01-01T00:54:00Z" },
      }),
    },
    kind: "fail",
    reason: "TimedOut",
    says: /5 minutes/,
  },
  {
    given: "an Operation that runs for too long",
    facts: {
      operation: operationWith({
        status: { phase: "Running", startedAt: "2026-01-01T00:29:00Z", message: "no route" },
      }),
    },
    kind: "fail",
    reason: "TimedOut",
    says: /30 minutes.*no route/,
  },
  {
    given: "an Operation that waited for its controller all that time",
    facts: {
      operation: operationWith({ status: { phase: "Running", startedAt: "2025-12-31T00:00:00Z" } }),
      controllerStartedMs: nowMs - minute,
    },
    kind: "work",
  },
];

for (const { given, facts, kind, reason, says, because } of rows) {
  void test(`decide() given ${given} says ${kind}${reason === undefined ? "" : ` ${reason}`}`, () => {
    const decision = decide({ ...allThere, ...facts });

    assert.equal(decision.kind, kind);
    assert.equal("reason" in decision ? decision.reason : undefined, reason);
    if (says !== undefined) assert.match("message" in decision ? decision.message : "", says);
    assert.equal("because" in decision ? decision.because : undefined, because);
  });
}

void test("deadlineMs() counts from the Operation's start where the controller was there", () => {
  assert.equal(deadlineMs(allThere, running), Date.parse("2026-01-01T01:20:00Z"));
});
