import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "./core/random.ts";
import { AT, callRaw, GROUP, putNic, putVm, startNetwork, startWorld, type TestWorld } from "./test-world.ts";

const PATH = "/subscriptions/22222222-2222-4222-8222-222222222222/resourcegroups/rg?api-version=2025-04-01";

function put(world: TestWorld): Promise<unknown> {
  return callRaw(world.fake, "PUT", PATH, { body: AT });
}

void test("a connection breaks before anything is done, or after all is", async () => {
  await using world = await startWorld();
  const { faults, arm } = world.fake;

  faults.plan("PUT", /resourcegroups\/rg$/, { kind: "reset", when: "before" });
  await assert.rejects(put(world), { code: /ECONNRESET|UND_ERR_SOCKET/ });
  assert.equal(arm.store.all().length, 0);

  faults.plan("PUT", /resourcegroups\/rg$/, { kind: "reset", when: "after" });
  await assert.rejects(put(world), { code: /ECONNRESET|UND_ERR_SOCKET/ });
  assert.equal(arm.store.all().length, 1);
  assert.equal(world.fake.calls.at(-1)?.status, "reset");
});

void test("an answer takes the place of the real one, which is lost or never was", async () => {
  await using world = await startWorld();
  const { faults, arm } = world.fake;

  faults.plan("PUT", /rg$/, { kind: "answer", status: 503, code: "ServiceUnavailable" }, { nth: 2 });
  faults.plan("PUT", /rg$/, { kind: "answer", status: 500, code: "Lost", afterApplying: true }, { nth: 3 });
  const codes = [];
  for (let call = 0; call < 4; call++) {
    codes.push(
      (await callRaw(world.fake, "PUT", PATH, { body: { ...AT, tags: { call: String(call) } } })).status,
    );
  }

  assert.deepEqual(codes, [201, 503, 500, 200]);
  assert.deepEqual(arm.store.all()[0]?.tags, { call: "3" });
});

void test("an operation fails after it was accepted, and leaves its resource behind as Failed", async () => {
  await using world = await startNetwork();
  await putNic(world, "nic");
  world.fake.faults.plan("PUT", /virtualMachines\/vm$/, {
    kind: "failOperation",
    code: "OSProvisioningTimedOut",
  });

  await assert.rejects(putVm(world, "vm", ["nic"]), /OSProvisioningTimedOut\. Injected by the fake/);

  assert.equal((await world.compute.virtualMachines.get(GROUP, "vm")).provisioningState, "Failed");
  assert.equal((await putVm(world, "vm", ["nic"])).provisioningState, "Succeeded");
});

void test("faults by chance are the same for the same seed", async () => {
  const run = async (seed: number): Promise<unknown[]> => {
    await using world = await startWorld({ seed });
    world.fake.faults.atRandom(new Random(seed), 0.3);
    for (let call = 0; call < 40; call++) await put(world).catch(() => undefined);
    return world.fake.calls.map(({ status, code }) => [status, code]);
  };

  const [first, again, other] = [await run(1), await run(1), await run(2)];

  assert.deepEqual(first, again);
  assert.notDeepEqual(first, other);
  const kinds = new Set(first.map((one) => JSON.stringify(one)));
  assert.ok(kinds.size >= 4, [...kinds].join(" "));
});

void test("the same calls meet the same answers, ids and times", async () => {
  const run = async (): Promise<unknown> => {
    await using world = await startNetwork({ seed: 5 });
    await putNic(world, "nic");
    const { vmId, timeCreated, storageProfile } = await putVm(world, "vm", ["nic"]);
    return { vmId, timeCreated, disk: storageProfile?.osDisk?.name, now: world.clock.now() };
  };

  assert.deepEqual(await run(), await run());
});
