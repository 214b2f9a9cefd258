import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Operation } from "../../src/api/v1alpha1/operation.ts";
import { datacenters, operations } from "../../src/kubernetes/resources.ts";
import { StargateError } from "../../src/lib/errors.ts";
import type { TestApiServer } from "../cluster/start-api-server.ts";
import { ControllerWorld, startCluster } from "./controller-world.ts";

let cluster: TestApiServer;
before(async () => {
  cluster = await startCluster();
});
after(() => cluster.stop());

/** Two datacenters, a and b, and gates that hold each server's work until it is let go on. */
class Fleet {
  readonly world: ControllerWorld;
  readonly #gates = new Map<string, () => void>();

  private constructor(world: ControllerWorld) {
    this.world = world;
  }

  static async create(namespace: string, servers: readonly string[], ofA: object = {}): Promise<Fleet> {
    const fleet = new Fleet(await ControllerWorld.create(cluster, namespace));
    const { world } = fleet;
    await world.createProfile();
    await world.createDatacenter("a", ofA);
    await world.createDatacenter("b");
    for (const server of servers) {
      const gate = Promise.withResolvers<undefined>();
      world.datacenter.gates.set(
        `${server} prepare-host`,
        gate.promise.then(() => undefined),
      );
      fleet.#gates.set(server, () => gate.resolve(undefined));
      await world.createServer(server, { router: { name: server.slice(0, 1) } });
    }
    return fleet;
  }

  /** Lets the work on this server go on to its end. */
  letGo(server: string): void {
    this.#gates.get(server)?.();
  }

  /** The names of those that have begun and not ended. */
  async begun(): Promise<string[]> {
    const { items } = await cluster.client.list(operations, Operation, { namespace: this.world.namespace });
    return items.filter(({ status }) => status.phase === "Running").map(({ metadata }) => metadata.name);
  }

  async waitUntilBegun(...names: string[]): Promise<void> {
    for (const name of names) await this.world.waitForPhase(name, "Running");
    assert.deepEqual(await this.begun(), names);
  }

  async waitUntilInLine(name: string): Promise<string> {
    const { status } = await this.world.waitForOperation(
      name,
      (one) => one.status.reason === "WaitingForTurn",
    );
    const accepted = status.conditions?.find(({ type }) => type === "Accepted");
    assert.deepEqual(
      [status.phase, accepted?.status, accepted?.reason],
      ["Pending", "False", "WaitingForTurn"],
    );
    return status.message ?? "";
  }
}

void test("a datacenter begins as many as it may, says so, and another's is not held up", async () => {
  const fleet = await Fleet.create("limit", ["a1", "a2", "a3", "b1"], { maxConcurrentOperations: 1 });
  await using world = fleet.world;
  await world.startController({ concurrency: 3 });
  for (const name of ["a1", "a2", "a3"]) {
    await world.createOperation(name, name);
    if (name === "a1") await fleet.waitUntilBegun("a1");
    else await fleet.waitUntilInLine(name);
  }
  await world.createOperation("b1", "b1");

  await fleet.waitUntilBegun("a1", "b1");
  assert.match(
    await fleet.waitUntilInLine("a3"),
    /number 2 of 2 in line; \d of at most 3 .*, 1 of at most 1 in datacenter "a"/,
  );
  fleet.letGo("a1");
  await world.waitForPhase("a1", "Succeeded");
  await fleet.waitUntilBegun("a2", "b1");

  // No controller has to be started again to hear of another limit.
  const ref = { namespace: "limit", name: "a" };
  await cluster.client.mergePatch(datacenters, ref, { spec: { maxConcurrentOperations: 2 } });
  await fleet.waitUntilBegun("a2", "a3", "b1");
  for (const name of ["a2", "a3", "b1"]) fleet.letGo(name);
  for (const name of ["a2", "a3", "b1"]) await world.waitForPhase(name, "Succeeded");
});

void test("a late comer from another datacenter comes before a long line, also after a restart", async () => {
  const crowd = ["a1", "a2", "a3", "a4", "a5"];
  const fleet = await Fleet.create("fair", [...crowd, "b1"]);
  await using world = fleet.world;
  const controller = await world.startController({ concurrency: 2 });
  for (const name of crowd) {
    await world.createOperation(name, name);
    if (name === "a2") await fleet.waitUntilBegun("a1", "a2");
  }
  for (const name of ["a3", "a4", "a5"]) await fleet.waitUntilInLine(name);
  await controller.stop();
  await world.startController({ concurrency: 2 });
  await world.waitForOperation("a2", ({ status }) => status.attempts === 2);
  await world.createOperation("b1", "b1");
  assert.match(await fleet.waitUntilInLine("b1"), /number 1 of 4 in line; 2 of at most 2/);
  assert.deepEqual(await fleet.begun(), ["a1", "a2"]);

  fleet.letGo("a2");
  await world.waitForPhase("a2", "Succeeded");
  await fleet.waitUntilBegun("a1", "b1");

  for (const name of [...crowd, "b1"]) fleet.letGo(name);
  for (const name of [...crowd, "b1"]) await world.waitForPhase(name, "Succeeded");
  const began = await Promise.all(
    crowd.map(async (name) => (await world.operation(name))?.status.startedAt ?? ""),
  );
  assert.deepEqual(began, began.toSorted(), "the oldest of a datacenter first");
});

void test("servers that do not answer hold up nobody in another datacenter, and one may cancel in line", async () => {
  const fleet = await Fleet.create("dead", ["a1", "a2", "b1"]);
  await using world = fleet.world;
  for (const server of ["a1", "a2"]) {
    const error = new StargateError("ConnectTimeout", `Cannot connect to ${server}`, { retriable: true });
    world.datacenter.connectErrors.set(server, error);
  }
  await world.startController({ concurrency: 1, datacenterConcurrency: 1 });
  await world.createOperation("a1", "a1");
  await world.waitForOperation("a1", ({ status }) => status.reason === "ConnectTimeout");
  await world.createOperation("a2", "a2");
  await fleet.waitUntilInLine("a2");
  await world.createOperation("b1", "b1");
  fleet.letGo("b1");

  await world.waitForPhase("b1", "Succeeded");
  await world.cancelOperation("a2");
  const { status } = await world.waitForPhase("a2", "Failed");

  assert.match(status.message ?? "", /before it began/);
  assert.equal(status.startedAt, undefined);
});
