import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Datacenter } from "../../src/api/v1alpha1/datacenter.ts";
import { createTransport } from "../../src/kubernetes/http-transport.ts";
import { loadCredentials } from "../../src/kubernetes/kubeconfig.ts";
import { leaseStore } from "../../src/kubernetes/lease-store.ts";
import { datacenters, pods } from "../../src/kubernetes/resources.ts";
import { StargateError } from "../../src/lib/errors.ts";
import { retry } from "../../src/lib/retry.ts";
import type { Dialer } from "../../src/remote/dialer.ts";
import type { TestApiServer } from "../cluster/start-api-server.ts";
import { ControllerWorld, startCluster } from "./controller-world.ts";
import { FakeReimager } from "./fake-reimager.ts";
import { RolloutObjects } from "./rollout-objects.ts";
import { allows, describeRight, readRequests, readRights, type Request, type Right } from "./rights.ts";
import { createUsersWithout, mayAsk, userWithout } from "./users-without.ts";

const NAMESPACE = "rights";

let cluster: TestApiServer;
before(async () => {
  cluster = await startCluster({ audit: true });
});
after(() => cluster.stop());

const nowhere: Dialer = {
  description: "nowhere",
  dial: async () => Promise.reject(new StargateError("ConnectTimeout", "no answer", { retriable: true })),
};

/** Everything that controllers do, done once, with the rights of config/rbac and no others. */
async function playEverything(): Promise<void> {
  await using world = await ControllerWorld.create(cluster, NAMESPACE);
  const rollout = new RolloutObjects(world);
  const reimager = new FakeReimager(world.datacenter);
  const gate = Promise.withResolvers<undefined>();
  world.datacenter.gates.set(
    "life reset-node",
    gate.promise.then(() => undefined),
  );
  await world.createProfile();
  await world.createServer("life");
  await world.datacenter.registerNode("life");
  await createKeptPod("life");
  // One that serves this namespace only begins; it leaves a token behind, which the next one prolongs.
  const first = await world.startController({ leaderElect: true });
  await world.createOperation("make", "life", { drain: { timeout: "1s" }, force: true });
  await world.waitForOperation("make", ({ status }) => status.currentStep === "Step reset-node");
  await first.stop();
  for (const everywhere of [false, true]) {
    const other = await world.startController({ leaderElect: true, providerId: "azure", everywhere });
    await waitForRenewal(world, everywhere ? "kube-system" : NAMESPACE, "stargate-azure-controller");
    await other.stop();
  }
  gate.resolve(undefined);
  await world.startController({
    leaderElect: true,
    everywhere: true,
    reimager,
    connector: reimager.connector,
    datacenters: { tailnet: undefined, dialer: nowhere, hostNetworks: () => [] },
  });
  await world.waitForPhase("make", "Succeeded");
  await world.createOperation("reimage", "life", { mode: "reimage" });
  await world.waitForPhase("reimage", "Succeeded");

  await world.createDatacenter("dc");
  await world.waitFor("the Datacenter", async () => {
    const value = await cluster.client.get(datacenters, { namespace: NAMESPACE, name: "dc" }, Datacenter);
    return { isSo: (value.status.conditions ?? []).length > 0, value };
  });
  await rollout.createServers(["rack-1"]);
  await rollout.create("rack");
  await rollout.waitForPhase("rack", "Complete");
  await rollout.delete("rack");
  await rollout.waitUntilGone("rack");
}

/** Waits until a leader has written its Lease again: one that is stopped before it knows that it leads writes no more. */
async function waitForRenewal(world: ControllerWorld, namespace: string, name: string): Promise<void> {
  const store = leaseStore(cluster.client, { namespace, name });
  await world.waitFor(`the Lease ${name}`, async () => {
    const value = await store.read(AbortSignal.timeout(5_000));
    return { isSo: value !== undefined && value.renewedAtMs > value.acquiredAtMs, value };
  });
}

/** A pod that no eviction moves. */
async function createKeptPod(nodeName: string): Promise<void> {
  const metadata = { name: "kept", namespace: NAMESPACE };
  await cluster.client.create(pods, NAMESPACE, {
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: { nodeName, containers: [{ name: "web", image: "web" }], terminationGracePeriodSeconds: 0 },
  });
  // No budget keeps a pod that does not run.
  const status = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
  await cluster.client.mergePatch(pods, metadata, { status }, { subresource: "status" });
  await cluster.client.create(
    { group: "policy", version: "v1", plural: "poddisruptionbudgets", namespaced: true },
    NAMESPACE,
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "all", namespace: NAMESPACE },
      spec: { maxUnavailable: 0, selector: {} },
    },
  );
}

void test("controllers use every right that config/rbac gives them, and ask for nothing else", async () => {
  await playEverything();

  const requests = await readRequests(cluster.auditLogPath);

  const rights = await readRights("config/rbac/controller.yaml");
  const allowing = (request: Request): Right[] => rights.filter((right) => allows(right, request, NAMESPACE));
  assert.ok(requests.length > 60 && rights.length > 40);
  assert.deepEqual(
    requests.filter((request) => request.code === 403 || allowing(request).length === 0),
    [],
    "refused",
  );
  const needed = new Map<Right, Request>();
  for (const request of requests) {
    const [only, ...others] = allowing(request);
    if (only !== undefined && others.length === 0) needed.set(only, request);
  }
  assert.deepEqual(rights.filter((right) => !needed.has(right)).map(describeRight), [], "not needed");

  // And the API server sees it the same way: without a right, a request that was made is refused; with it, allowed.
  await createUsersWithout(cluster.client, rights, NAMESPACE);
  const admin = createTransport(await loadCredentials({ kubeconfigPath: cluster.kubeconfigPath }));
  for (const [index, right] of rights.entries()) {
    const user = userWithout(index);
    const request = there(needed.get(right));
    const another = there(rights.find((other) => other.role === right.role && other !== right));
    // The API server hears of roles a moment after they are written.
    await retry(
      async () =>
        assert.ok(await mayAsk(admin, user, there(needed.get(another))), `${user}: ${describeRight(right)}`),
      {
        timeoutMs: 90_000,
        minDelayMs: 20,
      },
    );
    assert.equal(await mayAsk(admin, user, request), false, describeRight(right));
  }
});

function there<T>(value: T | undefined): T {
  assert.ok(value !== undefined);
  return value;
}
