import assert from "node:assert/strict";
import { test } from "node:test";
import { connectSdk } from "./connect.ts";
import { callRaw, startWorld } from "./test-world.ts";

const GROUPS = "/subscriptions/22222222-2222-4222-8222-222222222222/resourcegroups?api-version=2025-04-01";

void test("a wrong secret is refused as Entra ID refuses it", async () => {
  await using world = await startWorld();
  const { resources } = connectSdk(world.fake, { clientSecret: "wrong" });

  await assert.rejects(async () => resources.resourceGroups.get("rg"), /AADSTS7000215/);
});

void test("a token that has grown too old is refused", async () => {
  await using world = await startWorld();
  await assert.rejects(async () => world.resources.resourceGroups.get("rg"), { statusCode: 404 });

  world.fake.tokens.expireAll();

  await assert.rejects(async () => world.resources.resourceGroups.get("rg"), {
    statusCode: 401,
    code: "ExpiredAuthenticationToken",
  });
});

const tokens: { name: string; token: string; code: string }[] = [
  { name: "of somebody else", token: "eyJ.e30.x", code: "InvalidAuthenticationToken" },
  { name: "that is empty", token: "", code: "InvalidAuthenticationToken" },
];

for (const { name, token, code } of tokens) {
  void test(`a token ${name} is refused`, async () => {
    await using world = await startWorld();

    const answer = await callRaw(world.fake, "GET", GROUPS, { token });

    assert.equal(answer.status, 401);
    assert.equal(answer.headers["x-ms-error-code"], code);
    assert.match(String(answer.headers["www-authenticate"]), /^Bearer authorization_uri="https:/);
  });
}

void test("a subscription that is not there, or is none, is told apart", async () => {
  await using world = await startWorld();

  await assert.rejects(
    async () =>
      connectSdk(world.fake, {
        subscriptionId: "99999999-9999-4999-8999-999999999999",
      }).resources.resourceGroups.get("rg"),
    { statusCode: 404, code: "SubscriptionNotFound" },
  );
  await assert.rejects(
    async () => connectSdk(world.fake, { subscriptionId: "mine" }).resources.resourceGroups.get("rg"),
    { statusCode: 400, code: "InvalidSubscriptionId" },
  );
});

void test("a right that is missing is named", async () => {
  await using world = await startWorld();
  world.fake.access.deny(/^Microsoft\.Resources\/subscriptions\/resourceGroups\/write$/);

  await assert.rejects(
    async () => world.resources.resourceGroups.createOrUpdate("rg", { location: "eastus" }),
    {
      statusCode: 403,
      code: "AuthorizationFailed",
      message:
        /does not have authorization to perform action 'Microsoft\.Resources\/subscriptions\/resourceGroups\/write' over scope '\/subscriptions\/.*\/rg'/i,
    },
  );
});

void test("every answer carries ids to ask Microsoft about, and what is left of the limits", async () => {
  await using world = await startWorld();

  const { headers } = await callRaw(world.fake, "GET", GROUPS, {
    headers: { "x-ms-correlation-request-id": "6b1f8a56-0000-4000-8000-000000000000" },
  });

  assert.match(String(headers["x-ms-request-id"]), /^[0-9a-f-]{36}$/);
  assert.equal(headers["x-ms-correlation-request-id"], "6b1f8a56-0000-4000-8000-000000000000");
  assert.equal(headers["x-ms-ratelimit-remaining-subscription-reads"], "249");
});
