import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { customResourceDefinitions, datacenters, servers } from "../../src/kubernetes/resources.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { StargateError } from "../../src/lib/errors.ts";
import { retry } from "../../src/lib/retry.ts";
import { recordVerification } from "../../src/prep-dc-inventory/record-verification.ts";
import { deleteDatacenters, writeDatacenter } from "../../src/prep-dc-inventory/write-datacenter.ts";
import { writeServers } from "../../src/prep-dc-inventory/write-servers.ts";
import type { Inventory } from "../../src/providers/provider.ts";
import { createHeadscale } from "../../src/tailnet/headscale/headscale.ts";
import type { Device, Tailnet } from "../../src/tailnet/tailnet.ts";
import type { TestApiServer } from "../cluster/start-api-server.ts";
import { startLoopbackTailnet, type LoopbackTailnet } from "../tailnet/loopback-tailnet.ts";
import { ControllerWorld, startCluster } from "./controller-world.ts";
import { conditionOf, DatacenterObjects, startFakeServers, type RouterSpec } from "./datacenter-world.ts";

const { signal } = new AbortController();
let cluster: TestApiServer;
let network: LoopbackTailnet;
/** As a person with an API key sees it. */
let tailnet: Tailnet;
let hosts: Awaited<ReturnType<typeof startFakeServers>>;

const cleanUps: (() => unknown)[] = [];

before(async () => {
  const kept = async <T extends { stop: () => unknown }>(starting: Promise<T>): Promise<T> => {
    const started = await starting;
    cleanUps.push(() => started.stop());
    return started;
  };
  const all = [kept(startCluster()), kept(startLoopbackTailnet()), kept(startFakeServers())] as const;
  // What starts is stopped, also where another does not start: else its processes keep the test from ending.
  await Promise.allSettled(all);
  [cluster, network, hosts] = await Promise.all(all);
  tailnet = createHeadscale({ url: network.url, apiKey: network.apiKey });
});

after(() => Promise.all(cleanUps.map((cleanUp) => cleanUp())));

/** What a controller needs to look after Datacenters, with the tailnet or without it. */
function lookingAfter(withTailnet = true) {
  const { url, apiKey } = network;
  return {
    tailnet: withTailnet ? createHeadscale({ url, apiKey, retryForMs: 0 }) : undefined,
    dialer: hosts.dialer,
    hostNetworks: () => [],
  };
}

async function joinRouter(hostname: string, route: string): Promise<void> {
  const { key } = await tailnet.createRouterKey({ description: hostname, ttlSeconds: 600 });
  await network.join({ hostname, authKey: key, routes: [route] });
}

async function deviceNamed(hostname: string): Promise<Device> {
  const device = (await tailnet.listDevices()).find((one) => one.hostname === hostname);
  assert.ok(device, `${hostname} is not in the tailnet`);
  return device;
}

async function approveByHand(hostname: string, routes: readonly string[]): Promise<void> {
  await tailnet.approveRoutes((await deviceNamed(hostname)).id, routes);
}

void test("the controller approves a router's routes, again when they are taken away, and reports its comings and goings", async () => {
  const [a, b]: [RouterSpec, RouterSpec] = [
    { name: "dc1-router-a", address: "192.168.77.1" },
    { name: "dc1-router-b", address: "192.168.77.2" },
  ];
  const SUBNET = "192.168.77.0/24";
  await using world = await ControllerWorld.create(cluster, "routers");
  const objects = new DatacenterObjects(cluster, world.namespace);
  await objects.create("dc1", SUBNET, [a]);
  await objects.createServer("vm-1", "192.168.77.10", a);
  const controller = await world.startController({ datacenters: lookingAfter(), leaderElect: true });
  const absent = await objects.waitFor("dc1", { RouterOnline: "False", WorkersReachable: "True" });
  assert.equal(conditionOf(absent, "RouterOnline")?.reason, "RouterNotInTailnet");

  await joinRouter(a.name, SUBNET);
  const up = await objects.waitFor("dc1", { RoutePrimary: "True", RoutesApproved: "True", Ready: "True" });
  assert.equal(up.status.activeRouter, a.name);
  assert.deepEqual(up.status.servers, { count: 1, reachable: 1 });
  assert.equal(conditionOf(up, "NoOverlap")?.status, "True");

  // Somebody takes the approval away, and approves a route that is in no spec.
  await approveByHand(a.name, ["10.9.0.0/16"]);
  const lostAt = Date.now();
  await retry(
    async () => {
      const { enabledRoutes } = await deviceNamed(a.name);
      assert.deepEqual(enabledRoutes.toSorted(), ["10.9.0.0/16", SUBNET]);
    },
    { timeoutMs: 90_000, minDelayMs: 100, maxDelayMs: 300, isRetriable: () => true },
  );
  show("approved again", lostAt);
  await objects.waitFor("dc1", { RoutesApproved: "True", RoutePrimary: "True" });
  await waitForEvents(objects, "dc1", ["Warning RoutesNotApproved", "Normal RoutesApproved"]);

  // The plug is pulled.
  await network.kill(a.name);
  const killedAt = Date.now();
  const down = await objects.waitFor("dc1", { RouterOnline: "False" });
  show("router down told of", killedAt);
  assert.equal(conditionOf(down, "RouterOnline")?.reason, "RouterOffline");
  network.revive(a.name);
  await objects.waitFor("dc1", { RouterOnline: "True", RoutePrimary: "True" });
  await waitForEvents(objects, "dc1", ["Warning RouterOffline", "Normal RouterOnline"]);

  // Its host stops dead: its connection to the tailnet stays, but nothing comes through.
  for (const address of [a.address, "192.168.77.10"]) hosts.silent.add(address);
  const frozenAt = Date.now();
  const silent = await objects.waitFor("dc1", { RouterOnline: "False" });
  show("silent router told of", frozenAt);
  assert.equal(conditionOf(silent, "RouterOnline")?.reason, "RouterSilent");
  assert.equal((await deviceNamed(a.name)).online, true);
  hosts.silent.clear();
  await objects.waitFor("dc1", { RouterOnline: "True", WorkersReachable: "True" });

  // A second router takes over.
  await joinRouter(b.name, SUBNET);
  await cluster.client.mergePatch(
    datacenters,
    { namespace: world.namespace, name: "dc1" },
    { spec: { routers: [a, b] } },
  );
  await objects.waitFor("dc1", { RouterOnline: "True", RoutesApproved: "True" });
  await retry(async () => assert.deepEqual((await deviceNamed(b.name)).enabledRoutes, [SUBNET]), {
    timeoutMs: 90_000,
    isRetriable: () => true,
  });
  await network.kill(a.name);
  const failedAt = Date.now();
  const failedOver = await objects.waitFor("dc1", { RouterOnline: "False", RoutePrimary: "True" });
  show("failed over", failedAt);
  assert.equal(conditionOf(failedOver, "RouterOnline")?.reason, "RedundancyLost");
  assert.equal(failedOver.status.activeRouter, b.name);
  assert.equal(conditionOf(failedOver, "Ready")?.status, "True");
  const metrics = await (await fetch(`${controller.url}/metrics`)).text();
  assert.match(metrics, /stargate_datacenter_condition\{.*datacenter="dc1",condition="RouterOnline"\} 0/);
  assert.match(metrics, /stargate_datacenter_condition\{.*datacenter="dc1",condition="RoutePrimary"\} 1/);
});

void test("the controller tells which servers do not answer, and of addresses that are another datacenter's", async () => {
  const router: RouterSpec = { name: "dc2-router", address: "192.168.78.1" };
  await using world = await ControllerWorld.create(cluster, "servers");
  const objects = new DatacenterObjects(cluster, world.namespace);
  await objects.create("dc2", "192.168.78.0/24", [router]);
  await objects.createServer("vm-1", "192.168.78.10", router);
  await objects.createServer("vm-2", "192.168.78.11", router);
  hosts.silent.add("192.168.78.11");
  await world.startController({ datacenters: lookingAfter(false) });

  const found = await objects.waitFor("dc2", { WorkersReachable: "False" });
  assert.deepEqual(found.status.servers, { count: 2, reachable: 1 });
  assert.match(conditionOf(found, "WorkersReachable")?.message ?? "", /1 of 2 .* vm-2: 192\.168\.78\.11/);
  assert.equal(conditionOf(found, "RouterOnline")?.reason, "NoTailnetCredentials");
  assert.match(conditionOf(found, "RouterOnline")?.message ?? "", /TAILNET_API_KEY/);
  hosts.silent.clear();
  await objects.waitFor("dc2", { WorkersReachable: "True", Ready: "True" });

  await objects.create("dc3", "192.168.78.128/25", [{ name: "dc3-router", address: "192.168.78.129" }]);
  const overlapping = await objects.waitFor("dc2", { NoOverlap: "False", Ready: "False" });
  assert.match(conditionOf(overlapping, "NoOverlap")?.message ?? "", /datacenter "servers\/dc3"/);
  await cluster.client.delete(datacenters, { namespace: world.namespace, name: "dc3" });
  await objects.waitFor("dc2", { NoOverlap: "True", Ready: "True" });
});

void test("prep-dc-inventory writes a Datacenter that owns its Servers, and what it verified stays beside what the controller finds", async () => {
  const inventory: Inventory = {
    providerId: "qemu",
    subnetCidr: "192.168.79.0/24",
    router: entry("dc4-router", "192.168.79.2"),
    standbyRouters: [entry("dc4-router-2", "192.168.79.3")],
    gateway: "192.168.79.1",
    workers: [entry("dc4-vm-1", "192.168.79.10")],
  };
  await using world = await ControllerWorld.create(cluster, "inventory");
  const { namespace } = world;
  const { client } = cluster;
  const objects = new DatacenterObjects(cluster, namespace);
  await world.startController({ datacenters: lookingAfter(false) });

  for (const _ of ["first", "again"]) {
    const owner = await writeDatacenter(client, inventory, namespace, tailnet, signal);
    await writeServers(client, inventory, namespace, owner, signal);
  }
  const created = await objects.waitFor("dc4-router", { WorkersReachable: "True" });
  assert.equal(created.metadata.generation, 1);
  const Owned = z.object({
    metadata: z.object({ ownerReferences: z.array(z.object({ kind: z.string(), uid: z.string() })) }),
    spec: z.object({ router: z.object({ name: z.string(), address: z.string() }) }),
  });
  const server = await client.get(servers, { namespace, name: "dc4-vm-1" }, Owned);
  assert.deepEqual(server.spec.router, { name: "dc4-router", address: "192.168.79.1" });
  assert.deepEqual(created.spec.routers, [
    { name: "dc4-router", address: "192.168.79.2" },
    { name: "dc4-router-2", address: "192.168.79.3" },
  ]);
  assert.deepEqual(server.metadata.ownerReferences, [{ kind: "Datacenter", uid: created.metadata.uid }]);

  const place = { client, ref: { namespace, name: "dc4-router" }, apiServer: "https://100.64.0.1:6443" };
  const verify = async (run: () => Promise<void>): Promise<void> =>
    recordVerification(run, { ...place, clock: systemClock });
  await verify(async () => undefined);
  const verified = await objects.waitFor("dc4-router", { ApiReachableFromWorkers: "True", Ready: "True" });
  assert.ok(Date.now() - Date.parse(verified.status.verifiedAt ?? "") < 60_000);
  const unreachable = new StargateError("ApiUnreachableFromWorker", "vm cannot reach it", {
    remedy: "Look.",
  });
  await assert.rejects(
    verify(async () => Promise.reject(unreachable)),
    { reason: "ApiUnreachableFromWorker" },
  );
  const failed = await objects.waitFor("dc4-router", { ApiReachableFromWorkers: "False", Ready: "False" });
  assert.equal(conditionOf(failed, "WorkersReachable")?.status, "True");

  const deleted = await deleteDatacenters(client, "dc4-router", signal);
  assert.deepEqual(
    deleted.map(({ spec }) => spec.routers.map(({ name }) => name)),
    [["dc4-router", "dc4-router-2"]],
  );
  await assert.rejects(objects.get("dc4-router"), { reason: "ApiNotFound" });
});

void test("the controller carries out Operations in a cluster that knows no Datacenters, and looks after them once it does", async () => {
  const name = "datacenters.stargate.io";
  const crd = z.looseObject({ spec: z.looseObject({}) });
  const { spec } = await cluster.client.get(customResourceDefinitions, { namespace: "", name }, crd);
  await cluster.client.delete(customResourceDefinitions, { namespace: "", name });
  await using world = await ControllerWorld.create(cluster, "older");
  await retry(
    async () => {
      const { client } = cluster;
      assert.deepEqual(await deleteDatacenters(client, "nobody", signal), []);
      await assert.rejects(client.list(datacenters, z.unknown()), { reason: "ApiTypeMissing" });
    },
    { timeoutMs: 90_000, isRetriable: () => true },
  );
  await world.startController({ datacenters: lookingAfter(false) });
  await world.createProfile();
  await world.createServer("vm-older");
  await world.createOperation("op", "vm-older");

  await world.waitForPhase("op", "Succeeded");

  const body = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name },
    spec,
  };
  await cluster.client.create(customResourceDefinitions, "", body);
  const objects = new DatacenterObjects(cluster, world.namespace);
  const router = { name: "late-router", address: "192.168.100.1" };
  await retry(() => objects.create("late", "192.168.100.0/24", [router]), {
    timeoutMs: 90_000,
    isRetriable: () => true,
  });
  await objects.waitFor("late", { RouterOnline: "Unknown", NoOverlap: "True" });
});

function entry(name: string, ipv4: string): Inventory["router"] {
  return { name, ipv4, macAddress: "52:54:00:00:00:01", hostKey: "ssh-ed25519 AAAA" };
}

async function waitForEvents(
  objects: DatacenterObjects,
  name: string,
  wanted: readonly string[],
): Promise<void> {
  await retry(
    async () => {
      const told = await objects.events(name);
      for (const event of wanted) assert.ok(told.includes(event), `${event} is not among ${told.join(", ")}`);
    },
    { timeoutMs: 90_000, isRetriable: () => true },
  );
}

function show(what: string, sinceMs: number): void {
  if (process.env["STARGATE_TEST_SHOW"] !== undefined)
    process.stderr.write(`${what} after ${Date.now() - sinceMs} ms\n`);
}
