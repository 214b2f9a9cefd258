import assert from "node:assert/strict";
import { test } from "node:test";
import { callRaw, idOf, startNetwork, startWorld } from "./test-world.ts";

const GROUPS = "/subscriptions/22222222-2222-4222-8222-222222222222/resourcegroups?api-version=2025-04-01";

void test("reads above the limit are refused until the bucket fills again", async () => {
  await using world = await startWorld({
    settings: { throttle: { reads: 3, readsPerSecond: 0.1, writes: 3, deletes: 3, writesPerSecond: 1 } },
  });
  const read = async (): Promise<[number, unknown, unknown]> => {
    const { status, headers } = await callRaw(world.fake, "GET", GROUPS);
    return [status, headers["x-ms-ratelimit-remaining-subscription-reads"], headers["retry-after"]];
  };

  assert.deepEqual(await read(), [200, "2", undefined]);
  assert.deepEqual(await read(), [200, "1", undefined]);
  assert.deepEqual(await read(), [200, "0", undefined]);
  assert.deepEqual(await read(), [429, "0", "0"]);
  world.clock.advance(30_000);
  assert.deepEqual(await read(), [200, "2", undefined]);
});

void test("Microsoft's clients come back by themselves when the time is up", async () => {
  await using world = await startWorld({
    settings: { throttle: { reads: 1, readsPerSecond: 0.1, writes: 1, deletes: 1, writesPerSecond: 1 } },
  });

  for (let call = 0; call < 4; call++) {
    for await (const group of world.resources.resourceGroups.list()) assert.fail(`there is ${group.name}`);
  }

  assert.deepEqual(
    world.fake.calls.filter(({ path }) => path.endsWith("resourcegroups")).map(({ status }) => status),
    [200, 429, 200, 429, 200, 429, 200],
  );
});

void test("writes to one VM have a limit of their own", async () => {
  await using world = await startNetwork();
  const path = `${idOf(world, "virtualMachines/vm", "Microsoft.Compute")}?api-version=2026-04-01`;
  const answers = [];
  for (let call = 0; call < 13; call++) answers.push(await callRaw(world.fake, "DELETE", path));

  assert.match(
    String(answers[0]?.headers["x-ms-ratelimit-remaining-resource"]),
    /DeleteVMResource;11,.*;1499$/,
  );
  const last = answers[12];
  assert.equal(last?.status, 429);
  assert.match(
    last.body,
    /"code":"TooManyRequests","message":".*","target":"DeleteVMResource"|DeleteVMResource/,
  );
});
