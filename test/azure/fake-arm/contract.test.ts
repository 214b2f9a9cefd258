import assert from "node:assert/strict";
import { test } from "node:test";
import {
  _listUsagesResultDeserializer,
  retrieveBootDiagnosticsDataResultDeserializer,
  runCommandResultDeserializer,
  virtualMachineImageResourceArrayDeserializer,
  virtualMachineInstanceViewDeserializer,
} from "../../../node_modules/@azure/arm-compute/dist/esm/models/compute/models.js";
import { _resourceSkusResultDeserializer } from "../../../node_modules/@azure/arm-compute/dist/esm/models/computeSku/models.js";
import { effectiveRouteListResultDeserializer } from "../../../node_modules/@azure/arm-network/dist/esm/models/network/models.js";
import {
  _providerListResultDeserializer,
  _resourceGroupListResultDeserializer,
  _resourceListResultDeserializer,
} from "../../../node_modules/@azure/arm-resources/dist/esm/models/models.js";
import { z } from "zod";
import { POLL } from "./connect.ts";
import { findUnknownMembers } from "./core/unknown-members.ts";
import { kinds } from "./kind-endpoints.ts";
import {
  AT,
  callRaw,
  GROUP,
  idOf,
  putNic,
  putPublicIp,
  putSubnet,
  putVm,
  startNetwork,
  type TestWorld,
} from "./test-world.ts";

/** One resource of each type, used by each other as they can be. */
async function startRichWorld(): Promise<TestWorld> {
  const world = await startNetwork({
    settings: { restrictions: [{ size: "Standard_B1s", location: "canadacentral", zones: ["1"] }] },
  });
  const { network } = world;
  const tags = { owner: "us" };
  await network.routeTables.createOrUpdate(
    GROUP,
    "t",
    {
      ...AT,
      tags,
      routes: [
        {
          name: "all",
          addressPrefix: "0.0.0.0/0",
          nextHopType: "VirtualAppliance",
          nextHopIpAddress: "10.50.1.4",
        },
      ],
    },
    POLL,
  );
  await network.networkSecurityGroups.createOrUpdate(
    GROUP,
    "g",
    {
      ...AT,
      securityRules: [
        {
          name: "direct",
          priority: 100,
          direction: "Inbound",
          access: "Allow",
          protocol: "Udp",
          sourceAddressPrefix: "*",
          sourcePortRange: "*",
          destinationAddressPrefix: "*",
          destinationPortRanges: ["41641"],
        },
      ],
    },
    POLL,
  );
  await putPublicIp(world, "p");
  await putPublicIp(world, "q");
  await network.natGateways.createOrUpdate(
    GROUP,
    "nat",
    { ...AT, sku: { name: "Standard" }, publicIpAddresses: [{ id: idOf(world, "publicIPAddresses/q") }] },
    POLL,
  );
  await putSubnet(world, "workers", {
    addressPrefix: "10.50.1.0/24",
    routeTable: { id: idOf(world, "routeTables/t") },
    networkSecurityGroup: { id: idOf(world, "networkSecurityGroups/g") },
    natGateway: { id: idOf(world, "natGateways/nat") },
  });
  await putNic(world, "nic", {
    publicIp: "p",
    enableIPForwarding: true,
    networkSecurityGroup: { id: idOf(world, "networkSecurityGroups/g") },
  });
  await putVm(world, "vm", ["nic"], { tags, zones: ["1"] });
  return world;
}

async function read(world: TestWorld, path: string, query: string): Promise<z.core.util.JSONType> {
  const answer = await callRaw(world.fake, "GET", `${path}?${query}`);
  assert.equal(answer.status, 200, answer.body);
  return z.json().parse(JSON.parse(answer.body));
}

void test("no resource is answered with a member that Microsoft's models do not have", async () => {
  await using world = await startRichWorld();
  for (const kind of kinds) {
    const resources = world.fake.arm.store.ofType(kind.type);
    assert.notEqual(resources.length, 0, kind.type);
    for (const { id } of resources) {
      const body = await read(world, id, `api-version=${kind.apiVersions[0]}&$expand=instanceView`);
      assert.deepEqual(findUnknownMembers(body, kind.model), [], id);
    }
  }
});

void test("nothing else is answered with a member that Microsoft's models do not have", async () => {
  await using world = await startRichWorld();
  const subscription = `/subscriptions/${world.fake.settings.subscriptionId}`;
  const compute = `${subscription}/providers/Microsoft.Compute`;
  const vm = idOf(world, "virtualMachines/vm", "Microsoft.Compute");
  const rows: [path: string, query: string, model: (body: unknown) => unknown][] = [
    [`${subscription}/resourcegroups`, "api-version=2025-04-01", _resourceGroupListResultDeserializer],
    [`${subscription}/resources`, "api-version=2025-04-01", _resourceListResultDeserializer],
    [`${subscription}/providers`, "api-version=2025-04-01", _providerListResultDeserializer],
    [`${compute}/skus`, "api-version=2021-07-01", _resourceSkusResultDeserializer],
    [`${compute}/locations/eastus/usages`, "api-version=2026-04-01", _listUsagesResultDeserializer],
    [`${vm}/instanceView`, "api-version=2026-04-01", virtualMachineInstanceViewDeserializer],
  ];
  for (const [path, query, model] of rows) {
    assert.deepEqual(findUnknownMembers(await read(world, path, query), model), [], path);
  }
  const versions = await read(
    world,
    `${compute}/locations/eastus/publishers/Canonical/artifacttypes/vmimage/offers/ubuntu-24_04-lts/skus/server/versions`,
    "api-version=2026-04-01",
  );
  assert.deepEqual(
    findUnknownMembers({ versions }, (body) =>
      virtualMachineImageResourceArrayDeserializer(
        z.object({ versions: z.custom<[]>() }).parse(body).versions,
      ),
    ),
    [],
  );
});

void test("no action is answered with a member that Microsoft's models do not have", async () => {
  await using world = await startRichWorld();
  const vm = idOf(world, "virtualMachines/vm", "Microsoft.Compute");
  const rows: [path: string, query: string, body: unknown, model: (body: unknown) => unknown][] = [
    [
      `${vm}/retrieveBootDiagnosticsData`,
      "api-version=2026-04-01",
      undefined,
      retrieveBootDiagnosticsDataResultDeserializer,
    ],
    [
      `${vm}/runCommand`,
      "api-version=2026-04-01",
      { commandId: "RunShellScript" },
      runCommandResultDeserializer,
    ],
    [
      `${idOf(world, "networkInterfaces/nic")}/effectiveRouteTable`,
      "api-version=2026-01-01",
      undefined,
      effectiveRouteListResultDeserializer,
    ],
  ];
  for (const [path, query, body, model] of rows) {
    let answer = await callRaw(world.fake, "POST", `${path}?${query}`, { body });
    while (answer.status === 202) {
      const location = z.string().parse(answer.headers["location"]);
      answer = await callRaw(world.fake, "GET", location.replace(world.fake.endpoint, ""));
    }
    assert.equal(answer.status, 200);
    assert.deepEqual(findUnknownMembers(z.json().parse(JSON.parse(answer.body)), model), [], path);
  }
});

void test("whatever Microsoft's clients read they can write back, and it changes nothing", async () => {
  await using world = await startRichWorld();
  const { network, compute } = world;
  await writeBack(network.routeTables, "t");
  await writeBack(network.networkSecurityGroups, "g");
  await writeBack(network.publicIPAddresses, "p");
  await writeBack(network.natGateways, "nat");
  await writeBack(network.virtualNetworks, "vnet");
  await writeBack(network.networkInterfaces, "nic");
  await writeBack(compute.virtualMachines, "vm");
  await writeBack(
    {
      get: async (group, name) => network.subnets.get(group, "vnet", name),
      createOrUpdate: async (group, name, subnet) =>
        network.subnets.createOrUpdate(group, "vnet", name, subnet, POLL),
    },
    "workers",
  );
});

interface ResourceClient<Body extends object> {
  get: (group: string, name: string) => Promise<Body>;
  createOrUpdate: (group: string, name: string, body: Body, options: typeof POLL) => PromiseLike<unknown>;
}

async function writeBack<Body extends object>(client: ResourceClient<Body>, name: string): Promise<void> {
  const before = await client.get(GROUP, name);
  await client.createOrUpdate(GROUP, name, before, POLL);
  assert.deepEqual(withoutEtags(await client.get(GROUP, name)), withoutEtags(before), name);
}

function withoutEtags(body: object): unknown {
  return JSON.parse(JSON.stringify(body, (key, value: unknown) => (key === "etag" ? undefined : value)));
}
