import assert from "node:assert/strict";
import { after, test } from "node:test";
import { retry } from "../../src/lib/retry.ts";
import { createHeadscale } from "../../src/tailnet/headscale/headscale.ts";
import { ROUTER_TAG, type Device } from "../../src/tailnet/tailnet.ts";
import { startLoopbackTailnet } from "./loopback-tailnet.ts";

const ROUTE = "192.168.77.0/24";
const KEY = { description: "stargate test", ttlSeconds: 600 };

const server = await startLoopbackTailnet();
const tailnet = createHeadscale({ url: server.url, apiKey: server.apiKey });
after(server.stop);

/** The device of that name, once it is as wanted. */
async function waitForDevice(hostname: string, isWanted: (device: Device) => boolean): Promise<Device> {
  let seen: Device[] = [];
  return retry(
    async () => {
      seen = await tailnet.listDevices();
      const device = seen.find((one) => one.hostname === hostname);
      if (device === undefined || !isWanted(device)) throw new Error(`not yet: ${JSON.stringify(seen)}`);
      return device;
    },
    { timeoutMs: 90_000, minDelayMs: 100, maxDelayMs: 500 },
  );
}

const isRouterUp = (device: Device): boolean => device.online && device.advertisedRoutes.includes(ROUTE);

void test("access to Headscale is proven by a call that its API key allows", async () => {
  await tailnet.checkAccess();
});

void test("a wrong API key is TailnetUnauthorized and the remedy names the command", async () => {
  const wrong = createHeadscale({ url: server.url, apiKey: "hskey-api-wrong-key" });
  await assert.rejects(wrong.checkAccess(), (error: Error & { remedy?: string }) => {
    assert.match(error.remedy ?? "", /headscale apikeys create/);
    return "reason" in error && error.reason === "TailnetUnauthorized";
  });
});

void test("two keys asked for at once belong to one user named stargate", async () => {
  const [first, second] = await Promise.all([tailnet.createRouterKey(KEY), tailnet.createRouterKey(KEY)]);
  assert.notEqual(first.key, second.key);
  const users = await server.headscale("users", "list", "--output", "json");
  assert.equal(users.match(/"name":\s*"stargate"/g)?.length, 1, users);
});

void test("a router joins with a key, its route is approved, withdrawn, and fails over to a second router", async () => {
  const first = await tailnet.createRouterKey(KEY);
  await server.join({ hostname: "dc-router-a", authKey: first.key, routes: [ROUTE] });
  const joined = await waitForDevice("dc-router-a", isRouterUp);
  assert.deepEqual(joined.tags, [ROUTER_TAG]);
  assert.deepEqual(joined.enabledRoutes, []);
  assert.deepEqual(joined.primaryRoutes, []);
  assert.match(joined.addresses.join(" "), /100\.64\.0\.\d+/);

  await tailnet.approveRoutes(joined.id, [ROUTE]);
  await tailnet.approveRoutes(joined.id, [ROUTE]);
  const approved = await waitForDevice("dc-router-a", (device) => device.primaryRoutes?.length === 1);
  assert.deepEqual(approved.enabledRoutes, [ROUTE]);
  assert.deepEqual(approved.primaryRoutes, [ROUTE]);

  assert.ok(!(await tailnet.listRouterKeys()).includes(first.id ?? ""), "a used key is none any more");
  await assert.rejects(
    server.join({ hostname: "thief", authKey: first.key, routes: [ROUTE] }),
    "a key works once",
  );

  const second = await tailnet.createRouterKey(KEY);
  await server.join({ hostname: "dc-router-b", authKey: second.key, routes: [ROUTE] });
  const standby = await waitForDevice("dc-router-b", isRouterUp);
  await tailnet.approveRoutes(standby.id, [ROUTE]);
  await waitForDevice("dc-router-b", (device) => device.enabledRoutes.includes(ROUTE));

  await tailnet.approveRoutes(joined.id, []);
  const withdrawn = await waitForDevice("dc-router-a", (device) => device.primaryRoutes?.length === 0);
  assert.deepEqual(withdrawn.enabledRoutes, []);
  const primary = await waitForDevice("dc-router-b", (device) => device.primaryRoutes?.length === 1);
  assert.deepEqual(primary.primaryRoutes, [ROUTE]);

  await tailnet.deleteDevice(joined.id);
  await tailnet.deleteDevice(joined.id);
  const left = await tailnet.listDevices();
  assert.deepEqual(
    left.map((device) => device.hostname),
    ["dc-router-b"],
  );
  await assert.rejects(tailnet.approveRoutes(joined.id, [ROUTE]), { reason: "TailnetNotFound" });
});

void test("a revoked key lets nobody in, and revoking twice is fine", async () => {
  const { id, key } = await tailnet.createRouterKey(KEY);
  assert.ok(id !== undefined);
  assert.ok((await tailnet.listRouterKeys()).includes(id));
  await tailnet.revokeRouterKey(id);
  await tailnet.revokeRouterKey(id);
  assert.ok(!(await tailnet.listRouterKeys()).includes(id));
  await assert.rejects(server.join({ hostname: "too-late", authKey: key, routes: [ROUTE] }));
  const devices = await tailnet.listDevices();
  assert.ok(!devices.some((device) => device.hostname === "too-late"));
});

void test("a policy that names no owner for our tag still lets a router in", async () => {
  const response = await fetch(`${server.url}/api/v1/policy`, {
    method: "PUT",
    headers: { authorization: `Bearer ${server.apiKey}` },
    body: JSON.stringify({ policy: '{"tagOwners": {"tag:other": []}, "acls": []}' }),
  });
  assert.equal(response.status, 200, await response.text());
  const { key } = await tailnet.createRouterKey(KEY);
  await server.join({ hostname: "unowned-tag", authKey: key, routes: [ROUTE] });
  const device = await waitForDevice("unowned-tag", isRouterUp);
  assert.deepEqual(device.tags, [ROUTER_TAG]);
  await tailnet.approveRoutes(device.id, [ROUTE]);
  await waitForDevice("unowned-tag", ({ enabledRoutes }) => enabledRoutes.includes(ROUTE));
});
