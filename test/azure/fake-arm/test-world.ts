import type { VirtualMachine } from "@azure/arm-compute";
import type { NetworkInterface, Subnet } from "@azure/arm-network";
import { Agent, request, type Dispatcher } from "undici";
import { z } from "zod";
import { connectSdk, POLL, type SdkClients } from "./connect.ts";
import { SteppedClock } from "./core/clock.ts";
import { FakeArm, type FakeArmOptions } from "./fake-arm.ts";

/** A fake with Microsoft's clients connected, for one test. */
export interface TestWorld extends SdkClients, AsyncDisposable {
  fake: FakeArm;
  clock: SteppedClock;
}

export const AT = { location: "canadacentral" };
export const GROUP = "rg";

export async function startWorld(options: Omit<FakeArmOptions, "clock"> = {}): Promise<TestWorld> {
  const clock = new SteppedClock();
  const fake = await FakeArm.start({ ...options, clock });
  return { fake, clock, ...connectSdk(fake), [Symbol.asyncDispose]: async () => fake.stop() };
}

/** The same, with a resource group and a network 10.50.0.0/16 that has the subnet "workers", 10.50.1.0/24. */
export async function startNetwork(options: Omit<FakeArmOptions, "clock"> = {}): Promise<TestWorld> {
  const world = await startWorld(options);
  await world.resources.resourceGroups.createOrUpdate(GROUP, AT);
  await world.network.virtualNetworks.createOrUpdate(
    GROUP,
    "vnet",
    {
      ...AT,
      addressSpace: { addressPrefixes: ["10.50.0.0/16"] },
      subnets: [{ name: "workers", addressPrefix: "10.50.1.0/24" }],
    },
    POLL,
  );
  return world;
}

/** Id of a network resource in the group: "virtualNetworks/vnet/subnets/workers". */
export function idOf(
  { fake }: Pick<TestWorld, "fake">,
  path: string,
  provider = "Microsoft.Network",
): string {
  return `/subscriptions/${fake.settings.subscriptionId}/resourceGroups/${GROUP}/providers/${provider}/${path}`;
}

export async function putSubnet(world: TestWorld, name: string, subnet: Subnet): Promise<Subnet> {
  return await world.network.subnets.createOrUpdate(GROUP, "vnet", name, subnet, POLL);
}

interface NicChanges extends NetworkInterface {
  address?: string;
  publicIp?: string;
  subnet?: string;
}

/** An interface in the subnet "workers", with a pinned address where one is given. */
export async function putNic(
  world: TestWorld,
  name: string,
  changes: NicChanges = {},
): Promise<NetworkInterface> {
  const { address, publicIp, subnet = "workers", ...rest } = changes;
  const nic: NetworkInterface = {
    ...AT,
    ipConfigurations: [
      {
        name: "ip",
        subnet: { id: idOf(world, `virtualNetworks/vnet/subnets/${subnet}`) },
        ...(address === undefined ? {} : { privateIPAddress: address, privateIPAllocationMethod: "Static" }),
        ...(publicIp === undefined
          ? {}
          : { publicIPAddress: { id: idOf(world, `publicIPAddresses/${publicIp}`) } }),
      },
    ],
    ...rest,
  };
  return await world.network.networkInterfaces.createOrUpdate(GROUP, name, nic, POLL);
}

export async function putPublicIp(world: TestWorld, name: string): Promise<void> {
  await world.network.publicIPAddresses.createOrUpdate(
    GROUP,
    name,
    { ...AT, sku: { name: "Standard" }, publicIPAllocationMethod: "Static" },
    POLL,
  );
}

/** A VM that Azure takes, on these interfaces. */
export function vmBody(
  world: TestWorld,
  nics: readonly string[],
  changes: Partial<VirtualMachine> = {},
): VirtualMachine {
  return {
    ...AT,
    hardwareProfile: { vmSize: "Standard_D2s_v5" },
    storageProfile: {
      imageReference: { publisher: "Canonical", offer: "ubuntu-24_04-lts", sku: "server", version: "latest" },
      osDisk: { createOption: "FromImage", deleteOption: "Delete" },
    },
    osProfile: {
      computerName: "vm",
      adminUsername: "azureuser",
      customData: Buffer.from("#cloud-config\n").toString("base64"),
      linuxConfiguration: {
        disablePasswordAuthentication: true,
        ssh: {
          publicKeys: [
            {
              path: "/home/azureuser/.ssh/authorized_keys",
              keyData: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGtl us",
            },
          ],
        },
      },
    },
    networkProfile: {
      networkInterfaces: nics.map((nic, index) => ({
        id: idOf(world, `networkInterfaces/${nic}`),
        primary: index === 0,
        deleteOption: "Delete",
      })),
    },
    diagnosticsProfile: { bootDiagnostics: { enabled: true } },
    ...changes,
  };
}

export async function putVm(
  world: TestWorld,
  name: string,
  nics: readonly string[],
  changes: Partial<VirtualMachine> = {},
): Promise<VirtualMachine> {
  return await world.compute.virtualMachines.createOrUpdate(GROUP, name, vmBody(world, nics, changes), POLL);
}

const Token = z.object({ access_token: z.string() });

export interface RawAnswer {
  status: number;
  headers: Dispatcher.ResponseData["headers"];
  body: string;
}

/** A call as no client of Microsoft's would make it. */
export async function callRaw(
  fake: FakeArm,
  method: Dispatcher.HttpMethod,
  path: string,
  options: { body?: unknown; token?: string; headers?: Record<string, string> } = {},
): Promise<RawAnswer> {
  const token = options.token ?? (await getToken(fake));
  return await send(fake, method, path, {
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...options.headers },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
}

async function getToken(fake: FakeArm): Promise<string> {
  const { tenantId, clientId, clientSecret } = fake.settings;
  const answer = await send(fake, "POST", `/${tenantId}/oauth2/v2.0/token`, {
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: clientSecret,
      scope: "https://management.azure.com/.default",
    }).toString(),
  });
  return Token.parse(JSON.parse(answer.body)).access_token;
}

async function send(
  fake: FakeArm,
  method: Dispatcher.HttpMethod,
  path: string,
  options: { headers: Record<string, string>; body?: string },
): Promise<RawAnswer> {
  const dispatcher = new Agent({ connect: { ca: fake.certificate } });
  try {
    const { statusCode, headers, body } = await request(`${fake.endpoint}${path}`, {
      method,
      dispatcher,
      ...options,
    });
    return { status: statusCode, headers, body: await body.text() };
  } finally {
    await dispatcher.close();
  }
}
