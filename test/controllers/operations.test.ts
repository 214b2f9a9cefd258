import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { tokenIdOf } from "../../src/controllers/operation/bootstrap-token.ts";
import { OPERATION_FINALIZER } from "../../src/controllers/operation/facts.ts";
import { nodes, operations, secrets } from "../../src/kubernetes/resources.ts";
import { Node } from "../../src/kubernetes/schemas.ts";
import { StargateError } from "../../src/lib/errors.ts";
import type { TestApiServer } from "../cluster/start-api-server.ts";
import { ControllerWorld, startCluster } from "./controller-world.ts";

const EventRecord = z.object({ reason: z.string(), regarding: z.object({ name: z.string() }) });

let cluster: TestApiServer;

before(async () => {
  cluster = await startCluster();
});

after(async () => {
  await cluster.stop();
});

function node(name: string): Promise<Node> {
  return cluster.client.get(nodes, { namespace: "", name }, Node);
}

void test("the controller makes a server a node, and a second repave makes it a new one", async () => {
  await using world = await ControllerWorld.create(cluster, "happy");
  const controller = await world.startController();
  await world.createProfile();
  await world.createServer("vm-1");
  await world.createOperation("first", "vm-1");

  const first = await world.waitForPhase("first", "Succeeded");

  assert.equal(first.status.observedGeneration, 1);
  assert.ok(first.status.startedAt !== undefined && first.status.finishedAt !== undefined);
  const firstNode = await node("vm-1");
  const isFree = async () => {
    const server = await world.server("vm-1");
    return { isSo: server.status.currentOperation === undefined, value: server };
  };
  const server = await world.waitFor("Server vm-1", isFree);
  assert.equal(server.status.state, "ready");
  assert.equal(server.status.os, "k8s-1.37");
  assert.deepEqual(server.status.nodeRef, { name: "vm-1", uid: firstNode.metadata.uid });
  assert.deepEqual(await world.tokens(), []);

  await world.createOperation("second", "vm-1");
  const second = await world.waitForPhase("second", "Succeeded");

  assert.equal(second.status.previousNodeUid, firstNode.metadata.uid);
  assert.notEqual((await node("vm-1")).metadata.uid, firstNode.metadata.uid);
  const metrics = await (await fetch(`${controller.url}/metrics`)).text();
  assert.match(
    metrics,
    /stargate_operations_total\{provider="qemu",phase="Succeeded",reason="NodeReady"\} 2/,
  );
  assert.match(
    metrics,
    /stargate_operations_present\{provider="qemu",phase="Succeeded",reason="NodeReady"\} 2/,
  );
  assert.match(metrics, /stargate_queue_wait_seconds_count\{controller="operation"\} [1-9]/);
  assert.match(metrics, /stargate_reconcile_seconds_count\{controller="operation"\} [1-9]/);
  assert.match(metrics, /stargate_queue_depth\{controller="operation"\} 0/);
  assert.match(metrics, /stargate_ssh_sessions\{provider="qemu"\} 0/);
  assert.match(metrics, /stargate_step_duration_seconds_count\{.*step="join-cluster"/);
  assert.equal((await fetch(`${controller.url}/readyz`)).status, 200);
});

void test("the controller makes a token for the Operation, and deletes it in the end", async () => {
  await using world = await ControllerWorld.create(cluster, "token");
  const gate = Promise.withResolvers<undefined>();
  world.datacenter.gates.set(
    "vm-2 reset-node",
    gate.promise.then(() => undefined),
  );
  await world.startController();
  await world.createProfile();
  await world.createServer("vm-2");
  await world.createOperation("op", "vm-2");

  const running = await world.waitForOperation(
    "op",
    ({ status }) => status.currentStep === "Step reset-node",
  );
  const [token] = await world.tokens();
  assert.equal(token?.metadata.name, `bootstrap-token-${tokenIdOf(running.metadata.uid)}`);
  assert.equal(token.metadata.labels["stargate.io/operation-uid"], running.metadata.uid);
  const expiration = Buffer.from(token.data["expiration"] ?? "", "base64").toString();
  const lifeMs = Date.parse(expiration) - Date.now();
  assert.ok(lifeMs > 29 * 60_000 && lifeMs <= 30 * 60_000, expiration);
  assert.deepEqual(running.metadata.finalizers, [OPERATION_FINALIZER]);
  gate.resolve(undefined);
  await world.waitForPhase("op", "Succeeded");
  await world.waitForOperation("op", ({ metadata }) => metadata.finalizers.length === 0);

  assert.deepEqual(await world.tokens(), []);
});

void test("the controller waits for a profile, and goes on the moment it is there", async () => {
  await using world = await ControllerWorld.create(cluster, "profile");
  await world.startController();
  await world.createServer("vm-3");
  await world.createOperation("op", "vm-3");

  const waiting = await world.waitForOperation("op", ({ status }) => status.reason === "ProfileNotFound");
  assert.equal(waiting.status.phase, "Pending");
  assert.match(waiting.status.message ?? "", /no ProvisioningProfile "worker" in namespace "profile"/);
  await world.createProfile();

  await world.waitForPhase("op", "Succeeded");
});

void test("the controller works on one Operation of a Server at a time, the oldest first", async () => {
  await using world = await ControllerWorld.create(cluster, "busy");
  const gate = Promise.withResolvers<undefined>();
  world.datacenter.gates.set(
    "vm-4 prepare-host",
    gate.promise.then(() => undefined),
  );
  await world.createProfile();
  await world.createServer("vm-4");
  for (const name of ["op-a", "op-b", "op-c"]) await world.createOperation(name, "vm-4");
  await world.startController();

  const waiting = await world.waitForOperation("op-c", ({ status }) => status.reason === "ServerBusy");
  assert.match(waiting.status.message ?? "", /taken by the Operation "op-a"/);
  gate.resolve(undefined);
  const ended = [];
  for (const name of ["op-a", "op-b", "op-c"]) ended.push(await world.waitForPhase(name, "Succeeded"));

  assert.equal(world.datacenter.worked.filter((work) => work === "vm-4 join-cluster").length, 3);
  const [a, b, c] = ended.map(({ status }) => status);
  assert.ok((a?.finishedAt ?? "z") <= (b?.startedAt ?? ""));
  assert.ok((b?.finishedAt ?? "z") <= (c?.startedAt ?? ""));
});

void test("the controller stops an Operation that is deleted while it runs, and lets its Server go", async () => {
  await using world = await ControllerWorld.create(cluster, "deleted");
  world.datacenter.gates.set("vm-5 reset-node", new Promise(() => undefined));
  await world.startController();
  await world.createProfile();
  await world.createServer("vm-5");
  await world.createOperation("op", "vm-5");
  await world.waitForOperation("op", ({ status }) => status.currentStep === "Step reset-node");

  await world.deleteOperation("op");
  await world.waitFor("the deletion", async () => ({
    isSo: (await world.operation("op")) === undefined,
    value: "",
  }));

  assert.deepEqual(world.datacenter.stopped, ["vm-5 120000"]);
  assert.deepEqual(await world.tokens(), []);
  const server = await world.server("vm-5");
  assert.equal(server.status.currentOperation, undefined);
  assert.equal(server.status.state, "error");
  assert.match(server.status.message ?? "", /Deleted while it ran: stopped at "Step reset-node"/);

  world.datacenter.gates.clear();
  await world.createOperation("again", "vm-5");
  await world.waitForPhase("again", "Succeeded");
});

void test("a restarted controller takes up what the one before it left running", async () => {
  await using world = await ControllerWorld.create(cluster, "restart");
  const gate = Promise.withResolvers<undefined>();
  world.datacenter.gates.set(
    "vm-6 reset-node",
    gate.promise.then(() => undefined),
  );
  const first = await world.startController();
  await world.createProfile();
  await world.createServer("vm-6");
  await world.createOperation("op", "vm-6");
  const earlier = await world.waitForOperation(
    "op",
    ({ status }) => status.currentStep === "Step reset-node",
  );

  await first.stop();
  const between = await world.operation("op");
  assert.equal(between?.status.phase, "Running");
  assert.equal((await world.tokens()).length, 1);
  gate.resolve(undefined);
  await world.startController();
  const done = await world.waitForPhase("op", "Succeeded");

  assert.deepEqual(
    world.datacenter.worked,
    ["prepare-host", "reset-node", "join-cluster"].map((step) => `vm-6 ${step}`),
  );
  assert.equal(done.status.attempts, 2);
  assert.equal(done.status.startedAt, earlier.status.startedAt);
  assert.deepEqual(world.datacenter.stopped, ["vm-6 0"], "nothing but the tidying up at its end");
});

void test("the controller refuses a host that shows another key, and says what to do", async () => {
  await using world = await ControllerWorld.create(cluster, "host-key");
  world.datacenter.connectErrors.set(
    "vm-7",
    new StargateError("HostKeyMismatch", "Refused to contact vm-7: another key", {
      remedy: "Find out which.",
    }),
  );
  await world.startController();
  await world.createProfile();
  await world.createServer("vm-7");
  await world.createOperation("op", "vm-7");

  const failed = await world.waitForPhase("op", "Failed");

  assert.equal(failed.status.reason, "HostKeyMismatch");
  assert.match(failed.status.message ?? "", /Find out which/);
  const server = await world.server("vm-7");
  assert.equal(server.status.state, "error");
  assert.equal(server.status.conditions?.find(({ type }) => type === "Ready")?.reason, "HostKeyMismatch");
});

void test("the controller refuses version skew without contacting the host", async () => {
  await using world = await ControllerWorld.create(cluster, "skew");
  await world.startController();
  await world.createProfile("1.38");
  await world.createServer("vm-8");
  await world.createOperation("op", "vm-8");

  const failed = await world.waitForPhase("op", "Failed");

  assert.equal(failed.status.reason, "VersionSkew");
  assert.deepEqual(world.datacenter.connects, []);
});

void test("the controller refuses a Node that another host registered", async () => {
  await using world = await ControllerWorld.create(cluster, "impostor");
  world.datacenter.host("vm-9").reportedMachineId = "another";
  await world.startController();
  await world.createProfile();
  await world.createServer("vm-9");
  await world.createOperation("op", "vm-9");

  const failed = await world.waitForPhase("op", "Failed");

  assert.equal(failed.status.reason, "NodeIdentityMismatch");
  assert.match(failed.status.message ?? "", /machine id is another/);
});

void test("of two controllers one works, and the other takes over when it stops", async () => {
  await using world = await ControllerWorld.create(cluster, "leaders");
  const gate = Promise.withResolvers<undefined>();
  world.datacenter.gates.set(
    "vm-a prepare-host",
    gate.promise.then(() => undefined),
  );
  await world.createProfile();
  await world.createServer("vm-a");
  await world.createOperation("op", "vm-a");
  const first = await world.startController({ leaderElect: true });
  await world.waitForOperation("op", ({ status }) => status.currentStep === "Step prepare-host");
  await world.startController({ leaderElect: true });

  const sessions = world.datacenter.connects.length;
  assert.equal(sessions, 1);
  await first.stop();
  gate.resolve(undefined);
  const done = await world.waitForPhase("op", "Succeeded");

  assert.equal(done.status.attempts, 2);
  assert.equal(world.datacenter.connects.length, 2);
});

void test("controllers of two namespaces do not wait for each other", async () => {
  await using worlds = new AsyncDisposableStack();
  for (const name of ["apart-1", "apart-2"]) {
    const world = worlds.use(await ControllerWorld.create(cluster, name));
    await world.startController({ leaderElect: true });
    await world.createProfile();
    await world.createServer("vm");
    await world.createOperation("op", "vm");

    await world.waitForPhase("op", "Succeeded");
  }
});

void test("the controller deletes the tokens of Operations that are gone when it starts", async () => {
  await using world = await ControllerWorld.create(cluster, "orphan");
  const labels = { "stargate.io/operation-uid": "long-gone", "stargate.io/operation-namespace": "orphan" };
  const metadata = { name: "bootstrap-token-abcdef", namespace: "kube-system", labels };
  await cluster.client.create(secrets, "kube-system", {
    apiVersion: "v1",
    kind: "Secret",
    metadata,
    type: "bootstrap.kubernetes.io/token",
    stringData: { "token-id": "abcdef", "token-secret": "0123456789abcdef" },
  });

  await world.startController();

  await world.waitFor("the tokens", async () => {
    const value = await world.tokens();
    return { isSo: value.length === 0, value };
  });
});

void test("the controller tells of an Operation in events", async () => {
  const { items } = await cluster.client.list(
    { group: "events.k8s.io", version: "v1", plural: "events", namespaced: true },
    EventRecord,
    { namespace: "happy" },
  );

  const told = items.filter(({ regarding }) => regarding.name === "first").map(({ reason }) => reason);
  assert.ok(told.includes("Started") && told.includes("NodeReady"), told.join());
});

void test("the API server refuses a change of an Operation's spec", async () => {
  await assert.rejects(
    cluster.client.mergePatch(
      operations,
      { namespace: "happy", name: "first" },
      { spec: { serverRef: { name: "vm-2" } } },
    ),
    (error) => error instanceof StargateError && error.reason === "ApiInvalid",
  );
});

void test("the controller drains and removes the node that a server was", async () => {
  await using world = await ControllerWorld.create(cluster, "node-before");
  await world.createProfile();
  await world.createServer("vm-b");
  await world.datacenter.registerNode("vm-b");
  const earlier = await node("vm-b");
  await world.startController({ leaderElect: true });
  await world.createOperation("op", "vm-b");

  const done = await world.waitForPhase("op", "Succeeded");

  assert.equal(done.status.previousNodeUid, earlier.metadata.uid);
  assert.notEqual((await node("vm-b")).metadata.uid, earlier.metadata.uid);
  await world.waitForOperation("op", ({ metadata }) => metadata.finalizers.length === 0);
});
