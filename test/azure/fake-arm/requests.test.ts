import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { callRaw, idOf, startNetwork } from "./test-world.ts";

const Failure = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    details: z.array(z.object({ code: z.string(), message: z.string() })).optional(),
  }),
});

const network = "api-version=2026-01-01";

const rows: {
  name: string;
  method: "GET" | "PUT" | "PATCH" | "POST" | "DELETE";
  path: string;
  query?: string;
  provider?: string;
  body?: unknown;
  status: number;
  code: string;
  message?: RegExp;
}[] = [
  {
    name: "without api-version",
    method: "GET",
    path: "routeTables",
    query: "",
    status: 400,
    code: "MissingApiVersionParameter",
  },
  {
    name: "with an api-version that there is not",
    method: "GET",
    path: "routeTables",
    query: "api-version=2026-01-02",
    status: 400,
    code: "NoRegisteredProviderFound",
    message: /The supported api-versions are '2026-01-01,/,
  },
  {
    name: "of a type that there is not",
    method: "GET",
    path: "routingTables",
    status: 404,
    code: "InvalidResourceType",
  },
  {
    name: "with a method that does not fit",
    method: "POST",
    path: "routeTables/t",
    status: 405,
    code: "HttpMethodNotAllowed",
  },
  {
    name: "for what is not there",
    method: "GET",
    path: "routeTables/t",
    status: 404,
    code: "ResourceNotFound",
  },
  {
    name: "without a body",
    method: "PUT",
    path: "routeTables/t",
    status: 400,
    code: "InvalidRequestContent",
  },
  {
    name: "without a location",
    method: "PUT",
    path: "routeTables/t",
    body: { properties: {} },
    status: 400,
    code: "LocationRequired",
  },
  {
    name: "with a location that there is not",
    method: "PUT",
    path: "routeTables/t",
    body: { location: "atlantis" },
    status: 400,
    code: "LocationNotAvailableForResourceType",
  },
  {
    name: "that would move a resource",
    method: "PUT",
    path: "virtualNetworks/vnet",
    body: { location: "eastus", properties: { addressSpace: { addressPrefixes: ["10.50.0.0/16"] } } },
    status: 409,
    code: "InvalidResourceLocation",
  },
  {
    name: "with a name that cannot be",
    method: "PUT",
    path: "routeTables/-t",
    body: { location: "canadacentral" },
    status: 400,
    code: "InvalidResourceName",
  },
  {
    name: "with a member that Microsoft.Network does not know",
    method: "PUT",
    path: "routeTables/t",
    body: {
      location: "canadacentral",
      properties: { routes: [{ name: "r", properties: { prefix: "0.0.0.0/0" } }] },
    },
    status: 400,
    code: "InvalidRequestFormat",
  },
  {
    name: "with a member that Microsoft.Compute does not know",
    method: "PUT",
    provider: "Microsoft.Compute",
    path: "virtualMachines/vm",
    query: "api-version=2026-04-01",
    body: { location: "canadacentral", properties: { hardwareProfile: { size: "Standard_D2s_v5" } } },
    status: 400,
    code: "InvalidRequestContent",
    message: /Could not find member 'size'/,
  },
  {
    name: "with a member of the properties outside of them",
    method: "PUT",
    path: "virtualNetworks/other",
    body: { location: "canadacentral", addressSpace: { addressPrefixes: ["10.0.0.0/16"] } },
    status: 400,
    code: "InvalidRequestFormat",
  },
  {
    name: "for tags with more than tags",
    method: "PATCH",
    path: "virtualNetworks/vnet",
    body: { tags: {}, properties: {} },
    status: 400,
    code: "InvalidRequestContent",
  },
  {
    name: "with a tag name that cannot be",
    method: "PATCH",
    path: "virtualNetworks/vnet",
    body: { tags: { "a/b": "c" } },
    status: 400,
    code: "InvalidTagNameCharacters",
  },
];

for (const { name, method, path, query = network, provider, body, status, code, message } of rows) {
  void test(`a request ${name} is refused with ${code}`, async () => {
    await using world = await startNetwork();

    const answer = await callRaw(world.fake, method, `${idOf(world, path, provider)}?${query}`, { body });

    const { error } = Failure.parse(JSON.parse(answer.body));
    assert.deepEqual([answer.status, error.code], [status, code]);
    if (message !== undefined) assert.match(error.message, message);
  });
}

void test("a request in a group that is not there says which", async () => {
  await using world = await startNetwork();

  await assert.rejects(async () => world.network.virtualNetworks.get("other", "vnet"), {
    statusCode: 404,
    code: "ResourceGroupNotFound",
    message: /Resource group 'other' could not be found/,
  });
});

void test("a provider that is not registered says so until it is", async () => {
  await using world = await startNetwork();
  world.fake.settings.unregisteredProviders.push("Microsoft.Network");
  const put = async (): Promise<unknown> =>
    world.network.routeTables.createOrUpdate(
      "rg",
      "t",
      { location: "canadacentral" },
      { updateIntervalInMs: 1 },
    );

  await assert.rejects(put, { statusCode: 409, code: "MissingSubscriptionRegistration" });
  const registering = await world.resources.providers.register("Microsoft.Network");
  assert.equal(registering.registrationState, "Registering");
  world.clock.advance(60_000);
  assert.equal((await world.resources.providers.get("Microsoft.Network")).registrationState, "Registered");

  await put();
});
