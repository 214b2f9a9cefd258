import assert from "node:assert/strict";
import { test } from "node:test";
import { CredentialUnavailableError } from "@azure/identity";
import { StargateError } from "../../src/lib/errors.ts";
import { connectArm } from "../../src/providers/azure/arm/connect-arm.ts";
import { createAzureProvider } from "../../src/providers/azure/azure-provider.ts";
import { KeyCounter, options, request, startAzure, type AzureWorld } from "./azure-world.ts";
import type { Settings } from "./fake-arm/settings.ts";

interface Row {
  name: string;
  settings?: Partial<Settings>;
  arrange?: (azure: AzureWorld) => void | Promise<unknown>;
  flags?: Record<string, unknown>;
  reason: string;
  says: RegExp;
}

/** What preflight must find, before anything is made. */
const preflights: Row[] = [
  {
    name: "the subscription is another's",
    flags: { subscriptionId: "99999999-9999-4999-8999-999999999999" },
    reason: "AzureSubscriptionNotFound",
    says: /az account list/,
  },
  {
    name: "the login may not read",
    arrange: ({ fake }) => fake.access.deny(/^Microsoft\.Network\/virtualNetworks\/read$/),
    reason: "AzureRoleMissing",
    says: /may not do Microsoft\.Network\/virtualNetworks\/read/,
  },
  {
    name: "there is too little quota of the family",
    settings: { quotas: { standardDSv5Family: 5 } },
    reason: "Usage",
    says: /6 vCPUs of standardDSv5Family are needed in canadacentral, and 5 of 5 are left/,
  },
  {
    name: "the zone does not offer the size",
    settings: { restrictions: [{ size: "Standard_D2s_v5", location: "canadacentral", zones: ["1"] }] },
    reason: "Usage",
    says: /zone 1 of canadacentral does not offer Standard_D2s_v5 \(zones that do: 2, 3\); these would do there: .*Standard_D2s_v3/,
  },
  {
    name: "there is no such size",
    flags: { vmSize: "Standard_D2s_v99" },
    reason: "Usage",
    says: /canadacentral has no VM size Standard_D2s_v99; these would do there: Standard_/,
  },
  {
    name: "there is no such location",
    flags: { location: "atlantis" },
    reason: "Usage",
    says: /there is no location atlantis/,
  },
  {
    name: "a name is taken",
    arrange: (azure) => makeGroup(azure, "router-1-nsg"),
    reason: "AzureNameTaken",
    says: /Cannot use security group router-1-nsg: it is there already, and not ours/,
  },
  {
    name: "the subnet overlaps one of the virtual network",
    arrange: (azure) => makeNetwork(azure, "10.50.0.0/20"),
    reason: "Usage",
    says: /10\.50\.1\.0\/24 overlaps subnet other \(10\.50\.0\.0\/20\)/,
  },
];

for (const { name, settings, arrange, flags, reason, says } of preflights) {
  void test(`preflight() fails: ${name}`, async () => {
    await using azure = await startAzure(settings);
    await arrange?.(azure);
    const before = azure.fake.arm.store.all().length;

    await assert.rejects(
      azure.provider.preflight(request(), options(azure, flags), azure.run()),
      told(reason, says),
    );

    assert.equal(azure.fake.arm.store.all().length, before);
  });
}

/** What can go wrong while things are made: told with how to go on, and gone on from. */
const makings: Row[] = [
  {
    name: "a right is missing",
    arrange: ({ fake }) => fake.access.deny(/^Microsoft\.Network\/networkInterfaces\/write$/),
    reason: "AzureRoleMissing",
    says: /networkInterfaces\/write[\s\S]*the same command goes on from there; to remove it: prep-dc-inventory destroy/,
  },
  {
    name: "there is no capacity, which Azure says only while it makes the VM",
    settings: { noCapacity: [{ size: "Standard_D2s_v5", location: "canadacentral" }] },
    reason: "AzureAllocationFailed",
    says: /no free capacity[\s\S]*another --zone/,
  },
  {
    name: "quota is used up meanwhile",
    settings: { quotas: { cores: 3 } },
    reason: "AzureQuotaExceeded",
    says: /quota does not allow it/,
  },
  {
    name: "a policy forbids it",
    arrange: ({ fake }) =>
      fake.faults.plan("PUT", /virtualMachines/, {
        kind: "answer",
        status: 403,
        code: "RequestDisallowedByPolicy",
        message: "Resource 'router-1' was disallowed by policy 'allowed-sizes'.",
      }),
    reason: "AzurePolicyDenied",
    says: /policy 'allowed-sizes'/,
  },
  {
    name: "a first boot fails",
    arrange: (azure) => {
      azure.onGuest = (guest) => {
        guest.cloudInit = "error";
      };
    },
    reason: "CloudInitFailed",
    says: /boot diagnostics/,
  },
];

for (const { name, settings, arrange, reason, says } of makings) {
  void test(`ensureDatacenter() fails, and goes on when it can: ${name}`, async () => {
    await using azure = await startAzure(settings);
    const { provider, fake } = azure;
    const join = new KeyCounter();
    await arrange?.(azure);

    await assert.rejects(
      provider.ensureDatacenter(request(), options(azure), join, azure.run()),
      told(reason, says),
    );

    fake.access.grantAll();
    fake.settings.noCapacity = [];
    fake.settings.quotas = {};
    azure.onGuest = undefined;
    for (const guest of azure.guests.values()) guest.cloudInit = "done";
    const inventory = await provider.ensureDatacenter(request(), options(azure), join, azure.run());
    assert.equal(inventory.workers.length, 2);
    await provider.destroyDatacenter("router-1", azure.run());
    assert.deepEqual(fake.arm.store.all(), []);
  });
}

void test("ensureDatacenter() waits where something passing is in the way", async () => {
  await using azure = await startAzure({
    throttle: { reads: 5, readsPerSecond: 0.1, writes: 4, deletes: 4, writesPerSecond: 0.1 },
  });
  const { fake, provider } = azure;
  fake.faults.plan(
    "PUT",
    /subnets/,
    { kind: "answer", status: 429, code: "AnotherOperationInProgress" },
    { times: 3 },
  );
  fake.faults.plan(
    "PUT",
    /virtualMachines\/worker-1/,
    { kind: "answer", status: 400, code: "NicReservedForAnotherVm" },
    { times: 4 },
  );
  fake.faults.plan("PUT", /routeTables/, {
    kind: "failOperation",
    code: "CanceledAndSupersededDueToAnotherOperation",
  });

  await provider.ensureDatacenter(request(), options(azure), new KeyCounter(), azure.run());

  assert.ok(fake.calls.some(({ code }) => code === "SubscriptionRequestsThrottled"));
});

void test("ensureDatacenter() registers resource providers, as a new subscription needs", async () => {
  await using azure = await startAzure({ unregisteredProviders: ["Microsoft.Compute", "Microsoft.Network"] });
  const plan = await azure.provider.plan(request(), options(azure), azure.run());
  assert.deepEqual(plan[0], { action: "create", what: "registration of Microsoft.Compute" });

  await azure.provider.ensureDatacenter(request(), options(azure), new KeyCounter(), azure.run());

  assert.deepEqual(azure.fake.settings.unregisteredProviders, []);
});

void test("without a login, the error says how to get one", async () => {
  await using azure = await startAzure();
  const nobody = createAzureProvider((subscriptionId, world) =>
    connectArm(
      {
        subscriptionId,
        endpoint: azure.fake.endpoint,
        caPem: azure.fake.certificate,
        credential: {
          getToken: () => {
            throw new CredentialUnavailableError("Please run 'az login' from a command prompt.");
          },
        },
      },
      world,
    ),
  );

  await assert.rejects(
    nobody.preflight(request(), options(azure), azure.run()),
    told("AzureNotLoggedIn", /az login/),
  );
});

void test("an Azure that does not answer is waited for, and then given up", async () => {
  await using azure = await startAzure();
  const { endpoint, certificate: caPem } = azure.fake;
  const credential = {
    getToken: async () => ({ token: "token", expiresOnTimestamp: Date.now() + 3_600_000 }),
  };
  const provider = createAzureProvider((subscriptionId, world) =>
    connectArm({ subscriptionId, endpoint, caPem, credential }, world),
  );
  const before = azure.clock.now();
  await azure.fake.stop();

  await assert.rejects(
    provider.preflight(request(), options(azure), azure.run()),
    told("AzureUnreachable", /HTTPS_PROXY/),
  );

  assert.ok(azure.clock.now() - before > 5 * 60_000);
});

function told(reason: string, says: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof StargateError, `not ours: ${String(error)}`);
    assert.equal(error.reason, reason, error.message);
    assert.match(`${error.message}\n${error.remedy ?? ""}`, says);
    return true;
  };
}

async function makeGroup(azure: AzureWorld, securityGroup: string): Promise<void> {
  const arm = await azure.connect(azure.fake.settings.subscriptionId, azure.run());
  await arm.resources.resourceGroups.createOrUpdate("dc", { location: "canadacentral" });
  await arm.run("make", () =>
    arm.network.networkSecurityGroups.createOrUpdate("dc", securityGroup, { location: "canadacentral" }),
  );
}

async function makeNetwork(azure: AzureWorld, subnetCidr: string): Promise<void> {
  const arm = await azure.connect(azure.fake.settings.subscriptionId, azure.run());
  await arm.resources.resourceGroups.createOrUpdate("dc", { location: "canadacentral" });
  await arm.run("make", () =>
    arm.network.virtualNetworks.createOrUpdate("dc", "stargate-vnet", {
      location: "canadacentral",
      addressSpace: { addressPrefixes: ["10.50.0.0/16"] },
      subnets: [{ name: "other", addressPrefix: subnetCidr }],
    }),
  );
}
