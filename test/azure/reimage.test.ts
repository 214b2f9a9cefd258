import assert from "node:assert/strict";
import { test } from "node:test";
import type { Reimaging } from "../../src/providers/provider.ts";
import { HOST_KEY_TAG } from "../../src/providers/azure/tags.ts";
import { KeyCounter, options, request, startAzure, type AzureWorld } from "./azure-world.ts";
import type { Fault } from "./fake-arm/edge/faults.ts";
import { ScriptedGuest } from "./scripted-guest.ts";

/** Counts the fresh disks it was given. */
class CountedGuest extends ScriptedGuest {
  freshDisks = 0;

  override async reimage(customData: Buffer | undefined): Promise<void> {
    this.freshDisks += 1;
    await super.reimage(customData);
  }
}

const NOT_OFFERED: Fault = {
  kind: "answer",
  status: 400,
  code: "BadRequest",
  message: "Reimage is only supported for virtual machines with ephemeral OS disks.",
};

interface Subject {
  azure: AzureWorld;
  reimaging: Reimaging;
  /** Every fresh system that was ever there, in order; the first is the one from the beginning. */
  systems: CountedGuest[];
}

async function startDatacenter(): Promise<Subject> {
  const systems: CountedGuest[] = [];
  const azure = await startAzure({}, 1, (vm) => {
    const guest = new CountedGuest(vm);
    if (vm.name === "worker-1") systems.push(guest);
    return guest;
  });
  await azure.provider.ensureDatacenter(
    request({ vmNames: ["worker-1"] }),
    options(azure),
    new KeyCounter(),
    azure.run(),
  );
  const { reimaging } = azure.provider;
  assert.ok(reimaging !== undefined);
  return { azure, reimaging, systems };
}

const wish = (id: string) => ({
  routerName: "router-1",
  vmName: "worker-1",
  id,
  artifactsDir: undefined,
});

/** What is so in Azure of the worker. */
async function readWorker(azure: AzureWorld) {
  const arm = await azure.connect(azure.fake.settings.subscriptionId, azure.run());
  const vm = await arm.compute.virtualMachines.get("dc", "worker-1");
  const nic = await arm.network.networkInterfaces.get("dc", "worker-1-nic");
  const inventory = await azure.provider.readInventory("router-1", azure.run());
  return {
    vmId: vm.vmId,
    disk: vm.storageProfile?.osDisk?.name,
    taggedKey: vm.tags?.[HOST_KEY_TAG],
    rememberedKey: inventory?.workers[0]?.hostKey,
    kept: { address: nic.ipConfigurations?.[0]?.privateIPAddress, macAddress: nic.macAddress },
    nicGoesWithVm: vm.networkProfile?.networkInterfaces?.[0]?.deleteOption,
    machines: azure.fake.arm.store
      .all()
      .filter(({ type }) => /virtualMachines$|disks$|networkInterfaces$/.test(type)).length,
  };
}

/** Runs it until it ends well; a run that ends early (a fault, a crash) is followed by another. */
async function untilDone({ azure, reimaging }: Subject, id: string, crashAfter?: number): Promise<string[]> {
  const pinned: string[] = [];
  for (let run = 1; run < 10; run++) {
    const stop = new AbortController();
    if (run === 1 && crashAfter !== undefined) azure.clock.crashAfter(crashAfter, () => stop.abort());
    try {
      await reimaging.run(
        wish(id),
        async (hostKey) => Promise.resolve(void pinned.push(hostKey)),
        azure.run(stop.signal),
      );
      return pinned;
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    }
  }
  throw new Error("it never ends");
}

void test("a fresh disk has another host key, under the same name and addresses", async () => {
  const subject = await startDatacenter();
  await using azure = subject.azure;
  const before = await readWorker(azure);
  await subject.reimaging.prepare(wish("one"), azure.run());

  const pinned = await untilDone(subject, "one");

  const after = await readWorker(azure);
  const [guest] = subject.systems;
  assert.equal(guest?.freshDisks, 1);
  assert.deepEqual(pinned, [guest.hostKey.split(" ").slice(0, 2).join(" ")]);
  assert.deepEqual([after.taggedKey, after.rememberedKey], [pinned[0], pinned[0]]);
  assert.notEqual(after.taggedKey, before.taggedKey);
  assert.notEqual(after.disk, before.disk);
  assert.deepEqual([after.vmId, after.kept, after.machines], [before.vmId, before.kept, before.machines]);

  assert.deepEqual(await untilDone(subject, "one"), pinned);
  assert.equal(guest.freshDisks, 1, "the same wish is done already");
  await untilDone(subject, "two");
  assert.equal(guest.freshDisks, 2, "another wish is another disk");
});

const faults: [name: string, fault: Fault][] = [
  ["the connection breaks before Azure hears of it", { kind: "reset", when: "before" }],
  ["the connection breaks after Azure has begun", { kind: "reset", when: "after" }],
  [
    "Azure begins, and its answer is an error",
    { kind: "answer", status: 500, code: "X", afterApplying: true },
  ],
  ["Azure has too much to do", { kind: "answer", status: 429, code: "TooManyRequests" }],
  ["another operation is in progress", { kind: "answer", status: 409, code: "AnotherOperationInProgress" }],
  ["the operation fails", { kind: "failOperation", code: "InternalExecutionError" }],
];

for (const [name, fault] of faults) {
  void test(`there is one fresh disk when ${name}`, async () => {
    const subject = await startDatacenter();
    await using azure = subject.azure;
    const before = await readWorker(azure);
    azure.fake.faults.plan("POST", /\/reimage$/, fault);

    const [key] = await untilDone(subject, "one");

    const after = await readWorker(azure);
    assert.notEqual(after.disk, before.disk);
    assert.equal(after.taggedKey, key);
    // An operation that fails has done its work in the fake's guest by then, and none of it counts.
    assert.equal(subject.systems[0]?.freshDisks, fault.kind === "failOperation" ? 2 : 1);
  });
}

void test("there is one fresh disk wherever a run is cut off", async () => {
  for (let requests = 1; requests < 14; requests++) {
    const subject = await startDatacenter();
    await using azure = subject.azure;

    const pinned = await untilDone(subject, "one", requests);

    const { taggedKey, rememberedKey } = await readWorker(azure);
    assert.equal(subject.systems[0]?.freshDisks, 1, `cut off after ${requests} requests`);
    assert.deepEqual([taggedKey, rememberedKey], [pinned.at(-1), pinned.at(-1)]);
  }
});

void test("a VM that Azure does not reimage is made again on its interface, wherever a run is cut off", async () => {
  for (const requests of [undefined, ...Array.from({ length: 20 }, (_, index) => index + 1)]) {
    const subject = await startDatacenter();
    await using azure = subject.azure;
    const before = await readWorker(azure);
    azure.fake.faults.plan("POST", /\/reimage$/, NOT_OFFERED, { times: 10 });

    const pinned = await untilDone(subject, "one", requests);

    const after = await readWorker(azure);
    const where = `cut off after ${requests ?? "no"} requests`;
    assert.equal(subject.systems.length, 2, where);
    assert.notEqual(after.vmId, before.vmId, where);
    assert.deepEqual([after.kept, after.machines], [before.kept, before.machines], where);
    assert.equal(after.nicGoesWithVm, "Delete", where);
    assert.deepEqual([after.taggedKey, after.rememberedKey], [pinned.at(-1), pinned.at(-1)], where);
    assert.notEqual(after.taggedKey, before.taggedKey, where);
  }
});

void test("prepare() refuses before anything is touched", async () => {
  const { azure, reimaging } = await startDatacenter();
  await using _ = azure;
  const refused = (change: object, reason: string) =>
    assert.rejects(reimaging.prepare({ ...wish("one"), ...change }, azure.run()), { reason });

  await refused({ routerName: "router-2" }, "DatacenterElsewhere");
  await refused({ vmName: "worker-2" }, "AzureVmMissing");
  await refused({ vmName: "router-2" }, "AzureVmMissing");
});
