import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { nodes } from "../../src/kubernetes/resources.ts";
import { Node } from "../../src/kubernetes/schemas.ts";
import type { TestApiServer } from "../cluster/start-api-server.ts";
import { ControllerWorld, startCluster } from "./controller-world.ts";
import { FakeReimager } from "./fake-reimager.ts";

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

/** A world with one server that is a node already. */
async function worldWithNode(name: string) {
  const world = await ControllerWorld.create(cluster, name);
  const reimager = new FakeReimager(world.datacenter);
  const start = () => world.startController({ reimager, connector: reimager.connector });
  await world.createProfile();
  await world.createServer(name);
  const first = await start();
  await world.createOperation("make", name);
  await world.waitForPhase("make", "Succeeded");
  await first.stop();
  world.datacenter.worked.length = 0;
  return { world, reimager, start, before: await node(name) };
}

void test("a reimaged server becomes another node under its name, with the rights of config/rbac", async () => {
  const { world, reimager, start, before: old } = await worldWithNode("fresh");
  await using _ = world;
  await start();

  await world.createOperation("reimage", "fresh", { mode: "reimage" });
  const { status, metadata } = await world.waitForPhase("reimage", "Succeeded");

  const now = await node("fresh");
  assert.deepEqual(reimager.freshDisks, [`fresh for ${metadata.uid}`]);
  assert.notEqual(now?.metadata.uid, old?.metadata.uid);
  assert.notEqual(now?.status.nodeInfo?.machineID, old?.status.nodeInfo?.machineID);
  assert.equal(now?.status.nodeInfo?.bootID, world.datacenter.host("fresh").bootId);
  assert.equal(status.previousNodeUid, old?.metadata.uid);
  assert.equal(status.previousBootId, old?.status.nodeInfo?.bootID);
  assert.deepEqual(world.datacenter.worked, ["fresh prepare-host", "fresh reset-node", "fresh join-cluster"]);
  assert.deepEqual(await world.tokens(), []);
});

for (const moment of ["prepare", "before the pin", "after the pin", "after the reimage"] as const) {
  void test(`a controller killed ${moment} is followed by one that goes on, with one fresh disk`, async () => {
    const name = `killed-${moment.replaceAll(" ", "-")}`;
    const { world, reimager, start, before: old } = await worldWithNode(name);
    await using _ = world;
    reimager.halt = moment;
    const controller = await start();
    await world.createOperation("reimage", name, { mode: "reimage" });
    await reimager.until(moment);
    await controller.stop();
    reimager.halt = undefined;
    assert.equal((await node(name))?.metadata.uid, old?.metadata.uid);

    await start();
    const { metadata } = await world.waitForPhase("reimage", "Succeeded");

    assert.deepEqual(reimager.freshDisks, [`${name} for ${metadata.uid}`]);
    assert.notEqual((await node(name))?.metadata.uid, old?.metadata.uid);
    assert.equal((await world.server(name)).status.state, "ready");
  });
}

void test("a reimage that is cancelled half-way is made good by another one", async () => {
  const { world, reimager, start } = await worldWithNode("half");
  await using _ = world;
  reimager.halt = "after the pin";
  await start();
  await world.createOperation("first", "half", { mode: "reimage" });
  await reimager.until("after the pin");

  await world.cancelOperation("first");
  const first = await world.waitForPhase("first", "Failed");
  reimager.halt = undefined;
  await world.createOperation("second", "half", { mode: "reimage" });
  const second = await world.waitForPhase("second", "Succeeded");

  assert.match(first.status.message ?? "", /stopped at "Give the server a fresh disk".*half-way/);
  assert.deepEqual(reimager.freshDisks, [`half for ${second.metadata.uid}`]);
});
