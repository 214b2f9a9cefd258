import assert from "node:assert/strict";
import { test } from "node:test";
import { StargateError } from "../../lib/errors.ts";
import { ProvisioningProfile } from "../../api/v1alpha1/provisioning-profile.ts";
import * as resources from "../../kubernetes/resources.ts";
import { OPERATION_FINALIZER } from "./facts.ts";
import { Story } from "./story.ts";
import { operationWith, profileWith, serverWith } from "../../api/v1alpha1/test-objects.ts";

const refused = () =>
  new StargateError("ConnectionRefused", "Cannot reach vm-1: refused", { retriable: true });
const pod = (name: string, kind: string) => ({
  metadata: { name, namespace: "default", uid: name, ownerReferences: [{ kind, name: "owner" }] },
  spec: {},
});
const rejected = () => new StargateError("LoginRejected", "Cannot log in on vm-1", { retriable: true });

void test("reconcile() makes a server a node and leaves nothing behind", async () => {
  const story = new Story();

  const next = await story.reconcile();

  const { status, metadata } = story.operation();
  assert.equal(next, undefined);
  assert.equal(status.phase, "Succeeded", status.message);
  assert.deepEqual(story.ran, ["prepare-host", "reset-node", "join-cluster"]);
  assert.deepEqual(
    status.steps?.map(({ name, state }) => `${name} ${state}`),
    [
      "connect Succeeded",
      "prepare-host Succeeded",
      "drain-node Skipped",
      "reset-node Succeeded",
      "remove-node Skipped",
      "join-cluster Succeeded",
      "wait-for-node Succeeded",
    ],
  );
  for (const type of [
    "Accepted",
    "HostReachable",
    "Drained",
    "Bootstrapped",
    "Joined",
    "Ready",
    "Complete",
  ]) {
    assert.match(story.condition(type), /^True /, type);
  }
  const server = story.server().status;
  assert.equal(server.state, "ready");
  assert.equal(server.os, "k8s-1.37");
  assert.deepEqual(server.nodeRef, { name: "vm-1", uid: "new-node" });
  assert.equal(server.currentOperation, undefined);
  assert.deepEqual(metadata.finalizers, []);
  assert.equal(story.condition("Failed"), "False NodeReady");
  assert.deepEqual(story.tokens(), []);
  assert.deepEqual(story.stopped, ["uid-of-op-1 0"]);
  assert.deepEqual(
    story.cluster.events.map(({ reason }) => reason),
    ["Started", "NodeReady"],
  );
  assert.match(
    await story.registry.metrics(),
    /stargate_operations_total\{provider="qemu",phase="Succeeded",reason="NodeReady"\} 1/,
  );
});

void test("reconcile() holds the Server, the token and the finalizer while the steps run", async () => {
  const story = new Story();
  const seen: unknown[] = [];
  story.doing["reset-node"] = async () => {
    seen.push(story.server().status.currentOperation?.name, story.server().status.state);
    seen.push(story.tokens().length, story.operation().metadata.finalizers);
    seen.push(story.operation().status.phase, story.operation().status.currentStep);
    return Promise.resolve();
  };

  await story.reconcile();

  assert.deepEqual(seen, ["op-1", "provisioning", 1, [OPERATION_FINALIZER], "Running", "Step reset-node"]);
});

void test("reconcile() waits for a profile that does not exist yet, then goes on", async () => {
  const story = new Story();
  await story.cluster.delete(resources.provisioningProfiles, {
    namespace: "simulator-dc",
    name: "qemu-k8s-worker",
  });

  const next = await story.reconcile();

  assert.equal(typeof next, "number");
  assert.equal(story.operation().status.phase, "Pending");
  assert.equal(story.operation().status.reason, "ProfileNotFound");
  assert.equal(story.condition("Accepted"), "False ProfileNotFound");
  assert.equal(story.connects.length, 0);

  story.cluster.put(resources.provisioningProfiles, profileWith());
  await story.reconcile();

  assert.equal(story.operation().status.phase, "Succeeded");
});

void test("reconcile() refuses version skew before it touches the host", async () => {
  const story = new Story();
  story.cluster.put(resources.provisioningProfiles, profileWith({ kubernetesVersion: "1.38" }));

  await story.reconcile();

  assert.equal(story.operation().status.phase, "Failed");
  assert.equal(story.operation().status.reason, "VersionSkew");
  assert.equal(story.connects.length, 0);
  assert.equal(story.server().status.state, undefined);
  assert.ok(
    story.cluster.peek(
      resources.provisioningProfiles,
      { namespace: "simulator-dc", name: "qemu-k8s-worker" },
      ProvisioningProfile,
    ),
  );
});

void test("reconcile() comes back soon to a host that refuses connections", async () => {
  const story = new Story();
  story.connectErrors.push(refused());

  const next = await story.reconcile();

  assert.equal(next, 2_000);
  assert.equal(story.operation().status.phase, "Running");
  assert.match(
    story.operation().status.message ?? "",
    /refused; trying again at \d\d:\d\d:\d\d UTC \(attempt 2\)/,
  );
  assert.equal(story.condition("HostReachable"), "Unknown ConnectionRefused");
  assert.equal(await story.reconcile(), 2_000, "woken too early, it goes on resting");
  assert.equal(story.connects.length, 1);

  story.clock.advance(2_000);
  await story.reconcile();

  assert.equal(story.operation().status.phase, "Succeeded");
  assert.equal(story.operation().status.attempts, 2);
});

void test("reconcile() takes a refused login for final after three minutes, not before", async () => {
  const story = new Story();
  story.connectErrors.push(rejected(), rejected());

  await story.reconcile();
  assert.equal(story.operation().status.phase, "Running");
  story.clock.advance(180_000);
  await story.reconcile();

  assert.equal(story.operation().status.phase, "Failed");
  assert.equal(story.operation().status.reason, "LoginRejected");
  assert.match(story.operation().status.message ?? "", /Secret "qemu-ssh-credentials"/);
});

void test("reconcile() fails at once on another host key, and says so on the Server", async () => {
  const story = new Story();
  story.connectErrors.push(
    new StargateError("HostKeyMismatch", "Cannot trust vm-1: another host key", { remedy: "Find out why." }),
  );

  await story.reconcile();

  assert.equal(story.operation().status.phase, "Failed");
  assert.equal(story.operation().status.reason, "HostKeyMismatch");
  assert.match(story.operation().status.message ?? "", /Find out why/);
  assert.equal(story.condition("HostReachable"), "False HostKeyMismatch");
  assert.equal(story.server().status.state, "error");
  assert.equal(story.server().status.conditions?.[0]?.reason, "HostKeyMismatch");
  assert.equal(story.server().status.currentOperation, undefined);
});

void test("reconcile() names the step, the last lines and the way out of a final failure", async () => {
  const story = new Story();
  story.doing["prepare-host"] = async () =>
    Promise.reject(
      new StargateError("DiskFull", "prepare-host: exit code 1\nno space left", { remedy: "Free 2 GiB." }),
    );

  await story.reconcile();

  const { status } = story.operation();
  assert.equal(status.phase, "Failed");
  assert.match(status.message ?? "", /^Step prepare-host: .*no space left. Free 2 GiB/s);
  const stateOf = (step: string) => status.steps?.find(({ name }) => name === step)?.state;
  assert.equal(stateOf("prepare-host"), "Failed");
  assert.equal(stateOf("join-cluster"), "Pending");
  assert.deepEqual(story.tokens(), []);
});

void test("reconcile() drains and removes the node the server was before", async () => {
  const story = new Story();
  story.putNode("old-node");
  story.cluster.put(resources.pods, pod("web", "ReplicaSet"));
  story.cluster.put(resources.pods, pod("proxy", "DaemonSet"));
  const order: string[] = [];
  story.cluster.beforeWrite = (verb, plural) => {
    if (["pods/eviction", "nodes"].includes(plural)) order.push(`${verb} ${plural}`);
  };
  story.doing["reset-node"] = async () => Promise.resolve(void order.push("reset"));
  const join = story.doing["join-cluster"];
  story.doing["join-cluster"] = async (signal) => {
    order.push("join");
    await join?.(signal);
  };

  await story.reconcile();

  assert.equal(story.operation().status.phase, "Succeeded", story.operation().status.message);
  assert.deepEqual(order, ["patch nodes", "create pods/eviction", "reset", "delete nodes", "join"]);
  assert.equal(story.operation().status.previousNodeUid, "old-node");
  assert.equal(story.server().status.nodeRef?.uid, "new-node");
});

void test("reconcile() fails with the pod that a disruption budget keeps", async () => {
  const story = new Story();
  story.putNode("old-node");
  story.cluster.put(resources.pods, {
    metadata: { name: "web", namespace: "default", uid: "web" },
    spec: {},
  });
  story.cluster.beforeWrite = (_verb, plural) => {
    if (plural === "pods/eviction") {
      throw new StargateError("ApiThrottled", "would violate the pod's disruption budget", {
        retriable: true,
      });
    }
  };

  await story.reconcile();

  assert.equal(story.operation().status.reason, "DrainTimeout");
  assert.match(story.operation().status.message ?? "", /default\/web did not leave.*disruption budget/);
  assert.equal(story.condition("Drained"), "False DrainTimeout");
  assert.equal(story.condition("Failed"), "True DrainTimeout");
  assert.deepEqual(story.ran, ["prepare-host"]);
  assert.equal(story.node().spec.unschedulable, false, "the node goes on as before");
});

void test("reconcile() goes on after a restart without touching the node it made before", async () => {
  const story = new Story();
  story.putNode("old-node");
  story.doing["join-cluster"] = async (signal) => {
    story.join("new-node");
    story.stop.abort(new DOMException("stopped by SIGTERM", "AbortError"));
    return Promise.reject(signal.reason);
  };
  await assert.rejects(story.reconcile(), { name: "AbortError" });
  assert.equal(story.operation().status.phase, "Running");
  assert.equal(story.tokens().length, 1);

  const after = new Story();
  Object.assign(after.ctx, { client: story.cluster, caches: story.ctx.caches, nodes: story.nodes });
  const deleted: string[] = [];
  story.cluster.beforeWrite = (verb, plural) => void (verb === "delete" && deleted.push(plural));
  after.doing["join-cluster"] = async () => Promise.resolve(); // finds its work done
  await after.reconcile();

  assert.equal(story.operation().status.phase, "Succeeded", story.operation().status.message);
  assert.equal(story.operation().status.previousNodeUid, "old-node");
  assert.equal(story.server().status.nodeRef?.uid, "new-node");
  assert.deepEqual(deleted, ["secrets"]);
});

void test("reconcile() aborts an Operation that is deleted while it runs", async () => {
  const story = new Story();
  const { uid } = story.operation().metadata;
  story.doing["reset-node"] = async (signal) => {
    await story.cluster.delete(resources.operations, { namespace: "simulator-dc", name: "op-1" });
    story.ctx.running.stop(uid);
    signal.throwIfAborted();
  };

  const next = await story.reconcile();
  assert.equal(next, 0);
  await story.reconcile();

  assert.throws(() => story.operation(), /nothing there/);
  assert.deepEqual(story.stopped, [`${uid} 120000`]);
  assert.deepEqual(story.tokens(), []);
  assert.equal(story.server().status.state, "error");
  assert.match(story.server().status.message ?? "", /Deleted while it ran: stopped at "Step reset-node"/);
  assert.equal(story.server().status.currentOperation, undefined);
  assert.deepEqual(story.ran, ["prepare-host", "reset-node"]);
});

void test("reconcile() refuses a Node of another host", async () => {
  const story = new Story();
  story.doing["join-cluster"] = async () => Promise.resolve(story.join("new-node", { machineID: "m2" }));

  await story.reconcile();

  assert.equal(story.operation().status.reason, "NodeIdentityMismatch");
  assert.equal(story.server().status.state, "error");
});

void test("reconcile() refuses a Node of its name that came from nowhere", async () => {
  const story = new Story();
  story.doing["reset-node"] = async () => Promise.resolve(story.putNode("strange-node"));

  await story.reconcile();

  assert.equal(story.operation().status.reason, "NodeNameTaken");
  assert.deepEqual(story.ran, ["prepare-host", "reset-node"]);
});

void test("reconcile() says Joined before Ready", async () => {
  const story = new Story();
  story.doing["join-cluster"] = async () => Promise.resolve(story.join("new-node", { ready: "False" }));

  const working = story.reconcile();
  while (story.condition("Joined") === "none") await new Promise(setImmediate);
  assert.equal(story.condition("Joined"), "True NodeProven");
  assert.equal(story.condition("Ready"), "False NodeNotReady");
  story.putNode("new-node", { ready: "True" });
  await working;

  assert.equal(story.operation().status.phase, "Succeeded");
});

void test("reconcile() gives up when the time limit has passed, and says what it waited for", async () => {
  const story = new Story();
  story.put({ timeout: "1s" });
  story.doing["join-cluster"] = async () => Promise.resolve(story.join("new-node", { ready: "False" }));

  await story.reconcile();

  assert.equal(story.operation().status.phase, "Failed");
  assert.equal(story.operation().status.reason, "TimedOut");
  assert.match(
    story.operation().status.message ?? "",
    /^Wait until the node is Ready: no end after 1 second.*ready is False/,
  );
  assert.deepEqual(story.stopped, ["uid-of-op-1 0"]);
});

void test("reconcile() lets a second Operation wait, and follow", async () => {
  const story = new Story();
  story.cluster.put(resources.operations, operationWith({ name: "op-2" }));

  await story.reconcile("op-2");
  assert.equal(story.operation("op-2").status.reason, "ServerBusy");
  assert.match(story.operation("op-2").status.message ?? "", /"op-1"/);
  await story.reconcile("op-1");

  assert.equal(story.operation("op-1").status.phase, "Succeeded");
});

void test("reconcile() does not take a Server that another took a moment ago", async () => {
  const story = new Story();
  story.cluster.beforeWrite = (_verb, plural, body) => {
    if (plural !== "servers" || !JSON.stringify(body).includes("currentOperation")) return;
    story.cluster.beforeWrite = () => undefined;
    const other = { name: "op-0", uid: "uid-of-op-0" };
    story.cluster.put(resources.servers, serverWith({}, { currentOperation: other }));
  };

  const next = await story.reconcile();

  assert.equal(next, 1_000);
  assert.equal(story.server().status.currentOperation?.name, "op-0");
  assert.equal(story.connects.length, 0);
});

void test("reconcile() tidies up after a crash between an Operation's end and its release", async () => {
  const story = new Story();
  const held = { currentOperation: { name: "op-1", uid: "uid-of-op-1" } };
  story.cluster.put(resources.servers, serverWith({}, { state: "ready", ...held }));
  story.cluster.put(
    resources.operations,
    operationWith({ status: { phase: "Succeeded" }, meta: { finalizers: [OPERATION_FINALIZER] } }),
  );

  await story.reconcile();

  assert.equal(story.server().status.currentOperation, undefined);
  assert.equal(story.server().status.state, "ready");
  assert.deepEqual(story.operation().metadata.finalizers, []);
});

void test("reconcile() deletes by force what a disruption budget keeps, and says so", async () => {
  const story = new Story();
  story.put({ force: true, drain: { timeout: "1m", gracePeriodSeconds: 7 } });
  story.putNode("old-node");
  story.cluster.put(resources.pods, pod("web", "ReplicaSet"));
  const evictions: unknown[] = [];
  story.cluster.beforeWrite = (_verb, plural, body) => {
    if (plural !== "pods/eviction") return;
    evictions.push(body);
    throw new StargateError("ApiThrottled", "disruption budget", { retriable: true });
  };

  await story.reconcile();

  assert.equal(story.operation().status.phase, "Succeeded", story.operation().status.message);
  assert.ok(evictions.length > 20, "it asked all that time");
  const drained = story.operation().status.conditions?.find(({ type }) => type === "Drained");
  assert.match(drained?.message ?? "", /by force: default\/web/);
});

void test("reconcile() leaves a node alone that somebody else keeps pods off", async () => {
  const story = new Story();
  story.putNode("old-node", { unschedulable: true });
  story.doing["prepare-host"] = async () => Promise.reject(new StargateError("UnsupportedOS", "no"));

  await story.reconcile();

  assert.equal(story.operation().status.reason, "UnsupportedOS");
  assert.equal(story.node().spec.unschedulable, true);
  assert.equal(story.server().status.state, "error");
});

void test("reconcile() tries a step again as often as spec.retries allows", async () => {
  const story = new Story();
  story.put({ retries: 2 });
  story.doing["prepare-host"] = async () =>
    Promise.reject(
      new StargateError("ArtifactsUnreachable", "no mirror", { retriable: true, remedy: "Look at it." }),
    );

  const waits: unknown[] = [];
  for (let count = 0; count < 2; count++) {
    const delayMs = (await story.reconcile()) ?? 0;
    waits.push(delayMs);
    assert.equal(story.condition("Retrying"), "True ArtifactsUnreachable");
    story.clock.advance(delayMs);
  }
  await story.reconcile();

  assert.deepEqual(waits, [5_000, 10_000]);
  const { status } = story.operation();
  assert.equal(status.phase, "Failed");
  assert.equal(status.reason, "ArtifactsUnreachable");
  assert.match(status.message ?? "", /no mirror; given up after it failed 3 times. Look at it./);
  assert.equal(status.steps?.find(({ name }) => name === "prepare-host")?.failures, 3);
  assert.equal(story.condition("Retrying"), "False Ended");
});

void test("reconcile() does not count a lost connection against spec.retries, and says when it went on", async () => {
  const story = new Story();
  story.put({ retries: 0 });
  const lost = () => new StargateError("ConnectionLost", "the SSH connection was lost", { retriable: true });
  const errors = [lost(), lost(), lost()];
  story.doing["prepare-host"] = async () => {
    const error = errors.pop();
    return error === undefined ? Promise.resolve() : Promise.reject(error);
  };

  for (let count = 0; count < 3; count++) story.clock.advance((await story.reconcile()) ?? 0);
  await story.reconcile();

  assert.equal(story.operation().status.phase, "Succeeded", story.operation().status.message);
  assert.equal(story.condition("Retrying"), "False Recovered");
  assert.equal(story.operation().status.steps?.find(({ name }) => name === "prepare-host")?.attempts, 4);
});
