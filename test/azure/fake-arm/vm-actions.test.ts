import assert from "node:assert/strict";
import { test } from "node:test";
import { InMemoryBackend } from "./compute/in-memory-backend.ts";
import { POLL } from "./connect.ts";
import type { VmView } from "./compute/vm-backend.ts";
import type { FakeArm, FakeArmOptions } from "./fake-arm.ts";
import {
  callRaw,
  GROUP,
  idOf,
  putNic,
  putPublicIp,
  putVm,
  startNetwork,
  type TestWorld,
} from "./test-world.ts";

async function startVm(options: Pick<FakeArmOptions, "onVm"> = {}): Promise<TestWorld> {
  const world = await startNetwork(options);
  await putPublicIp(world, "p");
  await putNic(world, "nic", { address: "10.50.1.4", enableIPForwarding: true, publicIp: "p" });
  await putVm(world, "vm", ["nic"]);
  return world;
}

function guestOf(fake: FakeArm): InMemoryBackend {
  const [guest] = fake.arm.guests.values();
  assert.ok(guest?.backend instanceof InMemoryBackend);
  return guest.backend;
}

async function powerOf({ compute }: TestWorld): Promise<(string | undefined)[]> {
  const { statuses } = await compute.virtualMachines.instanceView(GROUP, "vm");
  return (statuses ?? []).map(({ code }) => code);
}

void test("a VM is stopped, deallocated, started and restarted", async () => {
  await using world = await startVm();
  const { virtualMachines } = world.compute;
  const states: (string | undefined)[] = [];
  const note = async (): Promise<void> => {
    states.push((await powerOf(world))[1]);
  };

  await note();
  await virtualMachines.powerOff(GROUP, "vm", { skipShutdown: true, ...POLL });
  await note();
  await assert.rejects(virtualMachines.restart(GROUP, "vm", POLL), { code: "OperationNotAllowed" });
  await virtualMachines.deallocate(GROUP, "vm", POLL);
  await note();
  await virtualMachines.start(GROUP, "vm", POLL);
  await virtualMachines.restart(GROUP, "vm", POLL);
  await note();

  assert.deepEqual(states, [
    "PowerState/running",
    "PowerState/stopped",
    "PowerState/deallocated",
    "PowerState/running",
  ]);
});

void test("a deallocated VM gives back its cores, and may find no room when it is started", async () => {
  await using world = await startVm();
  const coresUsed = async (): Promise<number | undefined> => {
    for await (const { name, currentValue } of world.compute.usage.list("canadacentral")) {
      if (name.value === "cores") return currentValue;
    }
    return undefined;
  };
  assert.equal(await coresUsed(), 2);

  await world.compute.virtualMachines.deallocate(GROUP, "vm", POLL);
  world.fake.settings.noCapacity.push({ size: "Standard_D2s_v5", location: "canadacentral" });

  assert.equal(await coresUsed(), 0);
  await assert.rejects(world.compute.virtualMachines.start(GROUP, "vm", POLL), /AllocationFailed/);
});

void test("one thing at a time is done to a VM", async () => {
  await using world = await startVm();
  await world.compute.virtualMachines.restart(GROUP, "vm", POLL).submitted();

  await assert.rejects(world.compute.virtualMachines.powerOff(GROUP, "vm", POLL), {
    statusCode: 409,
    code: "Conflict",
  });
});

void test("a reimage gives the VM a new disk, new host keys and new custom data, and the same address", async () => {
  await using world = await startVm();
  const before = await world.compute.virtualMachines.get(GROUP, "vm");
  const guest = guestOf(world.fake);
  const { hostKey } = guest;
  const customData = Buffer.from("#cloud-config\nhostname: again\n");

  await world.compute.virtualMachines.reimage(GROUP, "vm", {
    parameters: { osProfile: { customData: customData.toString("base64") } },
    ...POLL,
  });

  const after = await world.compute.virtualMachines.get(GROUP, "vm");
  assert.equal(after.vmId, before.vmId);
  assert.notEqual(after.storageProfile?.osDisk?.name, before.storageProfile?.osDisk?.name);
  assert.equal(world.fake.arm.store.ofType("Microsoft.Compute/disks").length, 1);
  assert.notEqual(guest.hostKey, hostKey);
  assert.deepEqual(guest.customData, customData);
});

void test("whoever runs the guest learns all about it", async () => {
  const seen: VmView[] = [];
  await using world = await startVm({
    onVm: (vm) => {
      seen.push(vm);
      return new InMemoryBackend(vm);
    },
  });
  const view = seen[0];
  assert.ok(view);

  const [nic, ...others] = view.nics;
  assert.deepEqual(others, []);
  assert.deepEqual(
    [view.computerName, view.adminUsername, view.customData?.toString(), view.image.version],
    ["vm", "azureuser", "#cloud-config\n", "24.04.202511050"],
  );
  assert.match(view.publicKeys.join(), /^ssh-ed25519 /);
  assert.deepEqual(
    { ...nic, macAddress: "" },
    {
      id: idOf(world, "networkInterfaces/nic"),
      macAddress: "",
      privateIpAddress: "10.50.1.4",
      publicIpAddress: "203.0.113.1",
      subnetId: idOf(world, "virtualNetworks/vnet/subnets/workers"),
      subnetCidr: "10.50.1.0/24",
      ipForwarding: true,
      isPrimary: true,
    },
  );
});

void test("a run-command reads the host's key", async () => {
  await using world = await startVm();

  const result = await world.compute.virtualMachines.runCommand(
    GROUP,
    "vm",
    { commandId: "RunShellScript", script: ["cat /etc/ssh/ssh_host_ed25519_key.pub"] },
    POLL,
  );

  assert.equal(result.value?.[0]?.code, "ProvisioningState/succeeded");
  assert.equal(
    result.value[0].message,
    `Enable succeeded: \n[stdout]\n${guestOf(world.fake).hostKey}\n\n[stderr]\n`,
  );
});

void test("a run-command waits for nobody: not for another one, not for an agent, not for a VM that is off", async () => {
  await using world = await startVm();
  const { virtualMachines } = world.compute;
  const input = { commandId: "RunShellScript", script: ["true"] };
  const first = virtualMachines.runCommand(GROUP, "vm", input, POLL);
  await first.submitted();
  await assert.rejects(virtualMachines.runCommand(GROUP, "vm", input, POLL), {
    code: "Conflict",
    message: /Run command extension execution is in progress/,
  });
  await first;

  guestOf(world.fake).isOn = false;
  await assert.rejects(
    virtualMachines.runCommand(GROUP, "vm", input, POLL),
    /VMAgentStatusCommunicationError/,
  );
  await virtualMachines.powerOff(GROUP, "vm", POLL);
  await assert.rejects(virtualMachines.runCommand(GROUP, "vm", input, POLL), { code: "OperationNotAllowed" });
});

void test("the serial log shows the host keys, by a link that ends", async () => {
  await using world = await startVm();
  const { serialConsoleLogBlobUri } = await world.compute.virtualMachines.retrieveBootDiagnosticsData(
    GROUP,
    "vm",
    {
      sasUriExpirationTimeInMinutes: 5,
    },
  );
  assert.ok(serialConsoleLogBlobUri);
  const link = serialConsoleLogBlobUri.replace(world.fake.endpoint, "");
  const read = async (): Promise<string> => (await callRaw(world.fake, "GET", link)).body;

  const log = (await read()).split("\r\n");

  const key = log[log.indexOf("-----BEGIN SSH HOST KEY KEYS-----") + 1];
  assert.equal(key, guestOf(world.fake).hostKey);
  world.clock.advance(6 * 60_000);
  assert.match(await read(), /AuthenticationFailed/);
});

const view: VmView = {
  id: "/vm",
  vmId: "1",
  name: "vm",
  computerName: "vm",
  size: "Standard_D2s_v5",
  adminUsername: "azureuser",
  publicKeys: [],
  customData: undefined,
  image: { publisher: "Canonical", offer: "ubuntu-24_04-lts", sku: "server", version: "1" },
  nics: [],
};

void test("a VM without boot diagnostics has no serial log to show", async () => {
  await using world = await startVm();
  const { virtualMachines } = world.compute;
  const vm = await virtualMachines.get(GROUP, "vm");
  const disabled = { ...vm, diagnosticsProfile: { bootDiagnostics: { enabled: false } } };
  await virtualMachines.createOrUpdate(GROUP, "vm", disabled, POLL);

  await assert.rejects(virtualMachines.retrieveBootDiagnosticsData(GROUP, "vm"), { code: "CodeNotKnown" });
});

void test("a guest that boots slowly shows its agent and its host keys later", async () => {
  let time = 0;
  const guest = new InMemoryBackend(view, {
    clock: { now: () => time },
    agentAfterMs: 1000,
    hostKeysAfterMs: 2000,
  });
  const look = async (): Promise<boolean[]> => [
    await guest.agentIsReady(),
    (await guest.readSerialLog()).includes(guest.hostKey),
  ];
  await guest.start();

  assert.deepEqual(await look(), [false, false]);
  time = 1000;
  assert.deepEqual(await look(), [true, false]);
  time = 2000;
  assert.deepEqual(await look(), [true, true]);
});
