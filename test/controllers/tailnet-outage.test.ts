import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { createDialer } from "../../src/remote/create-dialer.ts";
import type { Dialer } from "../../src/remote/dialer.ts";
import type { HostConnector } from "../../src/remote/host.ts";
import { createSshConnector } from "../../src/remote/ssh.ts";
import { createHeadscale } from "../../src/tailnet/headscale/headscale.ts";
import type { Tailnet } from "../../src/tailnet/tailnet.ts";
import type { TestApiServer } from "../cluster/start-api-server.ts";
import { sshdIsMissing, startSshd, type TestSshd } from "../ssh/start-sshd.ts";
import { startLoopbackTailnet, type LoopbackTailnet } from "../tailnet/loopback-tailnet.ts";
import { ControllerWorld, startCluster } from "./controller-world.ts";
import { conditionOf, DatacenterObjects } from "./datacenter-world.ts";

const MX = "mx";
const SUBNET = "192.168.87.0/24";
const ROUTER = { name: "dc-router", address: "192.168.87.1" };
const NAMES = ["vm-1", "vm-2", "vm-3"];
/** A step that has to wait: the Operations are in the middle of their work. */
const GATED = "reset-node";

let cluster: TestApiServer;
let network: LoopbackTailnet;
let tailnet: Tailnet;
let sshd: TestSshd;

before(async () => {
  if (sshdIsMissing !== false) return;
  [cluster, network, sshd] = await Promise.all([startCluster(), startLoopbackTailnet(), startSshd()]);
  tailnet = createHeadscale({ url: network.url, apiKey: network.apiKey });
  for (const [hostname, routes] of [
    [MX, []],
    [ROUTER.name, [SUBNET]],
  ] as const) {
    const { key } = await tailnet.createRouterKey({ description: hostname, ttlSeconds: 600 });
    await network.join({ hostname, authKey: key, routes });
  }
});

after(async () => {
  if (sshdIsMissing !== false) return;
  await Promise.all([cluster.stop(), network.stop(), sshd.stop()]);
});

/** The way of Operations and probes: into the tailnet by MX's proxy, to the router's device, to a real SSH daemon. */
async function wayThroughTheTailnet(): Promise<Dialer> {
  const proxy = createDialer(network.proxyOf(MX));
  const router = (await tailnet.listDevices()).find(({ hostname }) => hostname === ROUTER.name);
  const host = router?.addresses.find((address) => address.startsWith("100."));
  assert.ok(host);
  return {
    description: "to the router's own SSH daemon, whatever server is asked for",
    dial: (_, options) => proxy.dial({ host, port: sshd.address.port }, options),
  };
}

/** Real sessions through the tailnet. Who the hosts are, and what bootstrapping does there, is a fake. */
function connectorOver(dialer: Dialer, fake: HostConnector): HostConnector {
  const connector = createSshConnector(dialer);
  return {
    async connect(address, options) {
      const session = await connector.connect({ ...address, ...loginOf(sshd) }, options);
      const host = await fake.connect(address, options);
      return {
        ...host,
        // Only what has gone to the host and back by SSH is answered.
        run: async (argv, runOptions) => {
          await session.run(["true"], { timeoutMs: 20_000 });
          return host.run(argv, runOptions);
        },
        [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
      };
    },
  };
}

function loginOf({ address: { username, privateKey, hostKey } }: TestSshd) {
  return { username, privateKey, hostKey };
}

/** Id of the API key that was made last. */
async function newestKey(): Promise<string> {
  const keys = z.array(z.object({ id: z.coerce.number() }));
  const known = keys.parse(JSON.parse(await network.headscale("apikeys", "list", "--output", "json")));
  return String(Math.max(...known.map(({ id }) => id)));
}

void test(
  "three running Operations end well while the tailnet's control server is stopped, and nothing is lost after it",
  { skip: sshdIsMissing },
  async () => {
    await using world = await ControllerWorld.create(cluster, "outage");
    const { datacenter } = world;
    const objects = new DatacenterObjects(cluster, world.namespace);
    await objects.create("dc", SUBNET, [ROUTER]);
    const dialer = await wayThroughTheTailnet();
    const connector = connectorOver(dialer, datacenter.connector);
    const { url, apiKey } = network;
    const options = {
      tailnet: createHeadscale({ url, apiKey, retryForMs: 0 }),
      dialer,
      hostNetworks: () => [],
    };
    await world.startController({ datacenters: options, connector });
    await world.createProfile();
    const gate = Promise.withResolvers<void>();
    for (const [index, name] of NAMES.entries()) {
      datacenter.gates.set(`${name} ${GATED}`, gate.promise);
      await objects.createServer(name, `192.168.87.${10 + index}`, ROUTER);
      await world.createOperation(name, name);
    }
    for (const name of NAMES) {
      await world.waitForOperation(name, ({ status }) => status.currentStep === `Step ${GATED}`);
    }
    const found = await objects.waitFor("dc", {
      RoutesApproved: "True",
      RoutePrimary: "True",
      Ready: "True",
    });
    assert.equal(found.status.activeRouter, ROUTER.name);
    const [device] = (await tailnet.listDevices()).filter(({ hostname }) => hostname === ROUTER.name);

    await network.stopServer();
    // Long enough that what it said last is not taken for true any more.
    const unknown = await objects.waitFor("dc", { RouterOnline: "Unknown", WorkersReachable: "True" });
    assert.equal(conditionOf(unknown, "RouterOnline")?.reason, "TailnetUnavailable");
    assert.equal(conditionOf(unknown, "Ready")?.status, "True");
    for (const name of NAMES) assert.equal((await world.operation(name))?.status.phase, "Running");
    gate.resolve();
    for (const name of NAMES) await world.waitForPhase(name, "Succeeded");
    // A new one begins, too: the way is there without the control server.
    await world.createOperation("meanwhile", "vm-1");
    await world.waitForPhase("meanwhile", "Succeeded");
    await assert.rejects(fetch(`${url}/health`));

    await network.startServer();
    const again = await objects.waitFor("dc", { RouterOnline: "True", RoutePrimary: "True", Ready: "True" });
    assert.equal(again.status.activeRouter, ROUTER.name);
    const [same] = (await tailnet.listDevices()).filter(({ hostname }) => hostname === ROUTER.name);
    assert.deepEqual([same?.id, same?.enabledRoutes], [device?.id, [SUBNET]]);
    for (const name of NAMES) {
      // Done once: the outage made nobody begin anew.
      const joined = datacenter.worked.filter((step) => step === `${name} join-cluster`);
      assert.equal(joined.length, name === "vm-1" ? 2 : 1);
    }
  },
);

void test(
  "an API key that runs out stops nobody's work, and the Datacenter says what to do",
  { skip: sshdIsMissing },
  async () => {
    await using world = await ControllerWorld.create(cluster, "expired");
    const objects = new DatacenterObjects(cluster, world.namespace);
    await objects.create("dc-expired", SUBNET, [ROUTER]);
    const dialer = await wayThroughTheTailnet();
    const connector = connectorOver(dialer, world.datacenter.connector);
    const apiKey = (await network.headscale("apikeys", "create", "--expiration", "1h")).trim();
    const options = {
      tailnet: createHeadscale({ url: network.url, apiKey, retryForMs: 0 }),
      dialer,
      hostNetworks: () => [],
    };
    await world.startController({ datacenters: options, connector });
    await world.createProfile();
    const gate = Promise.withResolvers<void>();
    world.datacenter.gates.set(`vm-4 ${GATED}`, gate.promise);
    await objects.createServer("vm-4", "192.168.87.20", ROUTER);
    await world.createOperation("op", "vm-4");
    await world.waitForOperation("op", ({ status }) => status.currentStep === `Step ${GATED}`);
    await objects.waitFor("dc-expired", { RouterOnline: "True", Ready: "True" });

    await network.headscale("apikeys", "expire", "--id", await newestKey());

    const unknown = await objects.waitFor("dc-expired", { RouterOnline: "Unknown" });
    assert.equal(conditionOf(unknown, "RouterOnline")?.reason, "TailnetUnauthorized");
    assert.match(conditionOf(unknown, "RouterOnline")?.message ?? "", /headscale apikeys create/);
    assert.equal(conditionOf(unknown, "Ready")?.status, "True");
    gate.resolve();
    await world.waitForPhase("op", "Succeeded");
  },
);
