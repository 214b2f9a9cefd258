import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { UsageError } from "../lib/errors.ts";
import { isErrno } from "../lib/files.ts";
import { addSecret } from "../lib/redact.ts";
import type { World } from "../lib/world.ts";
import { artifactsDirFor } from "../prep-dc-inventory/artifacts-dir.ts";
import { checkBeforehand } from "../prep-dc-inventory/check-beforehand.ts";
import {
  connect,
  connectToDestroy,
  type ConnectionFlags,
  type Connections,
} from "../prep-dc-inventory/connections.ts";
import { destroyDatacenter } from "../prep-dc-inventory/destroy-datacenter.ts";
import { prepareDatacenter } from "../prep-dc-inventory/prepare-datacenter.ts";
import type { DatacenterRequest, Inventory, Provider } from "../providers/provider.ts";
import { providerById } from "../providers/registry.ts";
import { routersOf, standbyNamesFor } from "../providers/routers.ts";
import { joiningTailnetGiven } from "./tailnet-flags.ts";

/** The flags that do not depend on the provider, as commander hands them over. */
const Flags = z.looseObject({
  provider: z.string(),
  routerName: z.string(),
  routers: z.string().optional(),
  vm: z.array(z.string()).default([]),
  adminUsername: z.string().optional(),
  sshPublicKey: z.string().optional(),
  sshPrivateKey: z.string().optional(),
  namespace: z.string().optional(),
  kubeconfig: z.string().optional(),
  tailscaleAuthKey: z.string().optional(),
  tailscaleClientId: z.string().optional(),
  tailscaleClientSecret: z.string().optional(),
  tailnetApiKey: z.string().optional(),
  tailnetUrl: z.string().optional(),
  loginServer: z.string().optional(),
  tailnetProxy: z.string().optional(),
  dryRun: z.boolean().default(false),
  destroy: z.boolean().default(false),
});
type Flags = z.infer<typeof Flags>;

/** What `prep-dc-inventory` does with its arguments, as commander hands them over. */
export async function runPrepDcInventory(
  action: string | undefined,
  raw: unknown,
  world: World,
): Promise<void> {
  const flags = Flags.parse(raw);
  if (action !== undefined && action !== "destroy") {
    throw new UsageError(
      `"${action}" is nothing prep-dc-inventory can do`,
      'Leave it out, or say "destroy".',
    );
  }
  const provider = providerById(flags.provider);
  const given = await connectionFlags(flags, world);
  if (action === "destroy" || flags.destroy) {
    const connections = await connectToDestroy(given, world);
    await destroyDatacenter(flags.routerName, provider, connections, world, flags);
    world.print(`Datacenter ${flags.routerName} is gone`);
    return;
  }
  await prepare(flags, provider, await connect(given, world), world);
}

async function prepare(
  flags: Flags,
  provider: Provider,
  connections: Connections,
  world: World,
): Promise<void> {
  const options = provider.parseOptions(flags, world);
  const namespace = flags.namespace ?? (provider.id === "qemu" ? "simulator-dc" : `${provider.id}-dc`);
  const keys = await readKeys(flags, connections);
  const datacenter: DatacenterRequest = {
    routerName: flags.routerName,
    standbyNames: await standbyNames(flags, provider, world),
    vmNames: flags.vm,
    subnetCidr: provider.subnetFromFlags(flags) ?? provider.defaultSubnetCidr,
    adminUsername: flags.adminUsername ?? "ubuntu",
    sshPublicKey: keys.publicKey,
    artifactsDir: artifactsDirFor(connections, world),
  };
  const login = { username: datacenter.adminUsername, privateKey: keys.privateKey };
  const request = { datacenter, namespace, provider, options, login };
  if (flags.dryRun) {
    const decided = await checkBeforehand(request, connections, world);
    if (decided.kind === "put") {
      world.print(`${"update".padEnd(10)}Secret ${namespace}/${decided.secrets.join(", ")}: gets this login`);
    }
    const plan = await provider.plan(datacenter, options, world);
    world.print(plan.map(({ action, what }) => `${action.padEnd(10)}${what}`).join("\n"));
    world.print(
      `${"update".padEnd(10)}Datacenter ${flags.routerName}, Servers ${flags.vm.join(", ")} in namespace ${namespace}`,
    );
    return;
  }
  const inventory = await prepareDatacenter(request, connections, world);
  world.print(
    [
      `Datacenter ${inventory.router.name} is ready: ${inventory.subnetCidr}, ${describeRouters(inventory)}`,
      ...inventory.workers.map(({ name, ipv4 }) => `  Server ${namespace}/${name} at ${ipv4}`),
    ].join("\n"),
  );
}

function describeRouters(inventory: Inventory): string {
  const routers = routersOf(inventory);
  if (routers.length === 1) return `router ${inventory.router.ipv4}`;
  return `routers ${routers.map(({ ipv4 }) => ipv4).join(" and ")}, gateway ${inventory.gateway}`;
}

/** @throws UsageError for a number of routers that this provider cannot make */
async function standbyNames(flags: Flags, provider: Provider, world: World): Promise<readonly string[]> {
  const { routerName, routers } = flags;
  if (routers === undefined) {
    const known = await provider.readInventory(routerName, world);
    return known?.standbyRouters?.map(({ name }) => name) ?? [];
  }
  const count = /^[1-9]$/.test(routers) ? Number(routers) : Number.NaN;
  if (count <= provider.maxRouters) return standbyNamesFor(routerName, count);
  throw new UsageError(
    `--routers "${routers}": a datacenter of ${provider.id} has ${provider.maxRouters === 1 ? "one router" : `1 to ${provider.maxRouters}`}`,
    provider.maxRouters === 1 ? "Leave it out (docs/decisions/0085-two-routers.md says why)." : undefined,
  );
}

async function connectionFlags(flags: Flags, { env }: World): Promise<ConnectionFlags> {
  return {
    tailnet: await joiningTailnetGiven(flags, env),
    kubeconfig: flags.kubeconfig,
    tailnetProxy: flags.tailnetProxy,
  };
}

async function readKeys(
  flags: Flags,
  { lab }: Connections,
): Promise<{ publicKey: string; privateKey: string }> {
  const publicPath =
    flags.sshPublicKey ??
    (lab === undefined ? join(homedir(), ".ssh", "id_ed25519.pub") : `${lab.sshPrivateKeyPath}.pub`);
  const privatePath = flags.sshPrivateKey ?? publicPath.replace(/\.pub$/, "");
  const [publicKey, privateKey] = await Promise.all([
    readKey(publicPath, "--ssh-public-key"),
    readKey(privatePath, "--ssh-private-key"),
  ]);
  addSecret(privateKey);
  if (!/^(ssh-|ecdsa-|sk-)\S+ \S+/.test(publicKey)) {
    throw new UsageError(
      `${publicPath} holds no SSH public key`,
      "Give the .pub file of a key pair by --ssh-public-key.",
    );
  }
  if (!privateKey.includes("PRIVATE KEY")) {
    throw new UsageError(`${privatePath} holds no SSH private key`, "Give it by --ssh-private-key.");
  }
  return { publicKey: publicKey.trim(), privateKey };
}

async function readKey(path: string, flag: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const state = isErrno(error, "ENOENT") ? "there is no such file" : "it cannot be read";
    throw new UsageError(
      `Cannot read the SSH key ${path}: ${state}`,
      `Make one with ssh-keygen, or name another by ${flag}.`,
    );
  }
}
