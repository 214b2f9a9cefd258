import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SERVER_FINALIZER } from "../../src/api/v1alpha1/server.ts";
import { nodes, operations, pods } from "../../src/kubernetes/resources.ts";
import { Node } from "../../src/kubernetes/schemas.ts";
import type { TestApiServer } from "../cluster/start-api-server.ts";
import { ControllerWorld, startCluster } from "./controller-world.ts";

let cluster: TestApiServer;

before(async () => {
  cluster = await startCluster();
});

after(async () => {
  await cluster.stop();
});

function node(name: string): Promise<Node | undefined> {
  return cluster.client.getIfExists(nodes, { namespace: "", name }, Node);
}

/** A running pod on a node: what no budget keeps unless it runs. */
async function createPod(namespace: string, nodeName: string): Promise<void> {
  await cluster.client.create(pods, namespace, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace },
    spec: { nodeName, containers: [{ name: "web", image: "web" }], terminationGracePeriodSeconds: 0 },
  });
  const conditions = [{ type: "Ready", status: "True" }];
  const status = { phase: "Running", conditions };
  await cluster.client.mergePatch(pods, { namespace, name: "web" }, { status }, { subresource: "status" });
}

void test("a node is made, rebooted, and made no node again, each by an Operation", async () => {
  await using world = await ControllerWorld.create(cluster, "life");
  await world.startController();
  await world.createProfile();
  await world.createServer("life-1");
  await world.createOperation("make", "life-1");
  await world.waitForPhase("make", "Succeeded");
  const made = await node("life-1");
  await createPod("life", "life-1");

  await world.createOperation("reboot", "life-1", { operation: "reboot" });
  const rebooted = await world.waitForPhase("reboot", "Succeeded");

  const again = await node("life-1");
  assert.equal(again?.metadata.uid, made?.metadata.uid);
  assert.notEqual(again?.status.nodeInfo?.bootID, made?.status.nodeInfo?.bootID);
  assert.equal(again?.status.nodeInfo?.bootID, world.datacenter.host("life-1").bootId);
  assert.equal(again.spec.unschedulable, false);
  assert.equal(rebooted.status.previousBootId, made?.status.nodeInfo?.bootID);
  const isFree = async () => {
    const server = await world.server("life-1");
    return { isSo: server.status.currentOperation === undefined, value: server };
  };
  assert.equal((await world.waitFor("the Server", isFree)).status.state, "ready");

  await world.createOperation("remove", "life-1", { operation: "deprovision" });
  await world.waitForPhase("remove", "Succeeded");

  assert.equal(await node("life-1"), undefined);
  const server = await world.waitFor("the Server", isFree);
  assert.equal(server.status.state, "pending");
  assert.equal(server.status.nodeRef, undefined);
  assert.equal(server.status.os, undefined);
});

void test("spec.cancel stops a running Operation, and a waiting one before it begins", async () => {
  await using world = await ControllerWorld.create(cluster, "cancel");
  world.datacenter.gates.set("cancel-1 reset-node", new Promise(() => undefined));
  await world.startController();
  await world.createProfile();
  await world.createServer("cancel-1");
  await world.createOperation("first", "cancel-1");
  await world.createOperation("second", "cancel-1");
  await world.waitForOperation("first", ({ status }) => status.currentStep === "Step reset-node");
  await world.waitForOperation("second", ({ status }) => status.reason === "ServerBusy");

  await world.cancelOperation("second");
  const second = await world.waitForPhase("second", "Failed");
  assert.match(second.status.message ?? "", /before it began/);
  await world.cancelOperation("first");
  const first = await world.waitForPhase("first", "Failed");

  assert.equal(first.status.reason, "Cancelled");
  assert.match(first.status.message ?? "", /stopped at "Step reset-node"/);
  assert.deepEqual(await world.tokens(), []);
  assert.deepEqual(world.datacenter.stopped, ["cancel-1 120000"]);
  await world.waitForOperation("first", ({ metadata }) => metadata.finalizers.length === 0);
});

void test("pods that a disruption budget keeps stay, or with spec.force go", async () => {
  await using world = await ControllerWorld.create(cluster, "budget");
  await world.startController();
  await world.createProfile();
  await world.createServer("budget-1");
  await world.datacenter.registerNode("budget-1");
  await createPod("budget", "budget-1");
  await cluster.client.create(
    { group: "policy", version: "v1", plural: "poddisruptionbudgets", namespaced: true },
    "budget",
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "all", namespace: "budget" },
      spec: { maxUnavailable: 0, selector: {} },
    },
  );

  await world.createOperation("careful", "budget-1", { drain: { timeout: "0s" } });
  const careful = await world.waitForPhase("careful", "Failed");
  assert.equal(careful.status.reason, "DrainTimeout");
  assert.match(careful.status.message ?? "", /budget\/web did not leave/);
  assert.equal((await node("budget-1"))?.spec.unschedulable, false);

  await world.createOperation("forced", "budget-1", { drain: { timeout: "0s" }, force: true });
  const forced = await world.waitForPhase("forced", "Succeeded");
  const drained = forced.status.conditions?.find(({ type }) => type === "Drained");
  assert.match(drained?.message ?? "", /by force: budget\/web/);
});

void test("a request for a certificate by another token proves nothing", async () => {
  await using world = await ControllerWorld.create(cluster, "stranger");
  // The Node is there, of the right host, but nobody joined with this Operation's token.
  world.datacenter.joinsWithoutToken.add("stranger-1");
  await world.startController();
  await world.createProfile();
  await world.createServer("stranger-1");
  await world.createOperation("op", "stranger-1");

  const waiting = await world.waitForOperation(
    "op",
    ({ status }) => status.steps?.at(-1)?.message?.includes("no certificate request") === true,
  );
  assert.equal(waiting.status.phase, "Running");
  await world.datacenter.requestCertificate("stranger-1", cluster.client);
  assert.equal((await world.operation("op"))?.status.phase, "Running", "the administrator's request is none");
  await world.cancelOperation("op");
  await world.waitForPhase("op", "Failed");
});

void test("a Server whose Node lives is not deleted before a deprovision, or an annotation", async () => {
  await using world = await ControllerWorld.create(cluster, "guard");
  await world.startController();
  await world.createProfile();
  for (const name of ["guard-1", "guard-2"]) {
    await world.createServer(name);
    await world.createOperation(`make-${name}`, name);
    await world.waitForPhase(`make-${name}`, "Succeeded");
  }
  await world.waitForServer("guard-1", ({ metadata }) => metadata.finalizers.includes(SERVER_FINALIZER));
  await world.waitForServer("guard-2", ({ metadata }) => metadata.finalizers.includes(SERVER_FINALIZER));

  await world.deleteServer("guard-1");
  await world.deleteServer("guard-2");
  const held = await world.waitForServer("guard-1", ({ status }) =>
    (status.conditions ?? []).some(({ type }) => type === "DeletionHeld"),
  );
  assert.match(JSON.stringify(held.status.conditions), /Node \\"guard-1\\" still exists/);

  await world.createOperation("remove", "guard-1", { operation: "deprovision" });
  await world.waitForPhase("remove", "Succeeded");
  await world.waitUntilServerIsGone("guard-1");

  await world.abandonServer("guard-2");
  await world.waitUntilServerIsGone("guard-2");
  assert.notEqual(await node("guard-2"), undefined);
});

void test("an Operation that is deleted by force leaves no hold, no token and no running unit", async () => {
  await using world = await ControllerWorld.create(cluster, "by-force");
  world.datacenter.gates.set("force-1 reset-node", new Promise(() => undefined));
  await world.startController();
  await world.createProfile();
  await world.createServer("force-1");
  await world.createOperation("op", "force-1");
  await world.waitForOperation("op", ({ status }) => status.currentStep === "Step reset-node");

  const ref = { namespace: "by-force", name: "op" };
  await cluster.client.mergePatch(operations, ref, { metadata: { finalizers: [] } });
  await world.deleteOperation("op");

  const free = await world.waitForServer("force-1", ({ status }) => status.currentOperation === undefined);
  assert.equal(free.status.state, "error");
  assert.ok(world.datacenter.stopped.includes("force-1 0"));
  assert.deepEqual(await world.tokens(), []);
});
