import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { Command, Option } from "commander";
import { UsageError } from "../lib/errors.ts";
import { isErrno } from "../lib/files.ts";
import type { World } from "../lib/world.ts";
import { findMxName } from "../mx-azure/find-mx.ts";
import { destroyMx, listMx } from "../mx-azure/destroy-mx.ts";
import { DEFAULT_KUBERNETES, parseMxOptions, parseVmName } from "../mx-azure/mx-options.ts";
import { planMx } from "../mx-azure/plan-mx.ts";
import { provisionMx } from "../mx-azure/provision.ts";
import { renderMxStatus } from "../mx-azure/render-mx-status.ts";
import { readMxStatus } from "../mx-azure/read-mx-status.ts";
import { connectArm } from "../providers/azure/arm/connect-arm.ts";
import type { AzureContext } from "../providers/azure/arm/ensure-resource.ts";
import { createKeyedLock } from "../providers/azure/arm/keyed-lock.ts";
import {
  DEFAULT_IMAGE,
  DEFAULT_LOCATION,
  DEFAULT_VM_SIZE,
  parseScope,
} from "../providers/azure/azure-options.ts";
import { chooseTailnet, type TailnetGiven } from "../tailnet/choose-tailnet.ts";
import { readSecretFlag } from "../tailnet/read-secret-flag.ts";
import { addTailnetFlags, tailnetGiven, type TailnetFlags } from "./tailnet-flags.ts";

interface ScopeFlags {
  subscriptionId?: string;
  resourceGroup?: string;
  vmName?: string;
}

interface ProvisionFlags extends ScopeFlags, TailnetFlags {
  tailscaleAuthKey?: string;
  loginServer?: string;
  sshPublicKeyPath?: string;
  sshConfig?: string | false;
  kubeconfigOut?: string;
  tailnetProxy?: string;
  dryRun: boolean;
}

/** `mx-azure`: an MX cluster on one VM in Azure. */
export function mxAzureCommand(world: World): Command {
  const command = new Command("mx-azure").description(
    "An MX cluster on one VM in Azure, inside your tailnet",
  );
  addTailnetFlags(addProvisionFlags(addScopeFlags(command.command("provision"))))
    .description("Makes the cluster, or goes on with one that an earlier run began")
    .action((flags: ProvisionFlags) => provision(flags, world));
  addTailnetFlags(addScopeFlags(command.command("status")))
    .description("Says how the cluster is")
    .addOption(
      new Option("-o, --output <format>", "json, or a table").choices(["json", "table"]).default("table"),
    )
    .action(async (flags: ScopeFlags & TailnetFlags & { output: string }) => {
      const scope = parseScope(flags, world.env);
      const tailnet = chooseTailnet(await tailnetGiven(flags, world.env));
      const status = await readMxStatus(
        scope,
        flags.vmName,
        tailnet,
        await contextFor(scope.subscriptionId, world),
      );
      world.print(flags.output === "json" ? JSON.stringify(status, undefined, 2) : renderMxStatus(status));
    });
  addTailnetFlags(addScopeFlags(command.command("destroy")))
    .description(
      "Removes the cluster: all of it in Azure, its device in the tailnet, its entries on this host",
    )
    .option("-y, --yes", "do not ask", false)
    .action((flags: ScopeFlags & TailnetFlags & { yes: boolean }) => destroy(flags, world));
  return command;
}

function addScopeFlags(command: Command): Command {
  return command
    .option("--subscription-id <id>", "subscription (AZURE_SUBSCRIPTION_ID)")
    .option("--resource-group <name>", "resource group; provision makes it where it is missing")
    .option(
      "--vm-name <name>",
      "name of the VM, in Kubernetes and in the tailnet too (default: stargate-mx)",
    );
}

function addProvisionFlags(command: Command): Command {
  return command
    .option("--location <name>", `region (default: ${DEFAULT_LOCATION})`)
    .option("--zone <number>", "availability zone (default: none)")
    .option("--vnet-name <name>", "virtual network; made where it is missing (default: mx-vnet)")
    .option("--vnet-address-space <cidr>", "its address range (default: 10.0.0.0/16)")
    .option("--subnet-name <name>", "subnet (default: mx-subnet)")
    .option("--subnet-prefix <cidr>", "its address range (default: 10.0.1.0/24)")
    .option("--vm-size <size>", `size of the VM, two vCPUs at least (default: ${DEFAULT_VM_SIZE})`)
    .option("--image <urn>", `publisher:offer:sku:version (default: ${DEFAULT_IMAGE})`)
    .option("--os-disk-size <GiB>", "size of the OS disk (default: the image's)")
    .option("--admin-username <name>", "user made on the VM, with sudo (default: azureuser)")
    .option(
      "--ssh-public-key-path <path>",
      "public key that may log in (default: ~/.ssh/id_ed25519.pub or id_rsa.pub)",
    )
    .option("--kubernetes-version <version>", `a minor, or a patch (default: ${DEFAULT_KUBERNETES})`)
    .option("--kubeconfig-out <path>", "kubeconfig to put the cluster into, made where it is missing")
    .option("--ssh-config <path>", "ssh config to put an entry into (default: ~/.ssh/config)")
    .option("--no-ssh-config", "leave the ssh config alone")
    .option("--tailscale-auth-key <key>", "auth key for the VM, or file:PATH (better: TAILSCALE_AUTH_KEY)")
    .option("--login-server <url>", "where devices log in, if not at --tailnet-url")
    .option(
      "--tailnet-proxy <url>",
      "socks5://host:port of a userspace tailscaled (default: this host's own routes)",
    )
    .option("--dry-run", "prints what would be done, in order, and does nothing", false);
}

async function provision(flags: ProvisionFlags, world: World): Promise<void> {
  const options = parseMxOptions({ ...flags }, world.env);
  const key = await readPublicKey(flags.sshPublicKeyPath);
  const spec = { options, sshPublicKey: key.text };
  const ctx = await contextFor(options.subscriptionId, world);
  if (flags.dryRun) {
    const { lines, refusals } = await planMx(spec, ctx);
    if (refusals[0] !== undefined) throw refusals[0];
    world.print(lines.map(({ action, what }) => `${action.padEnd(10)}${what}`).join("\n"));
    return;
  }
  const tailnet = chooseTailnet(await joinGiven(flags, world));
  if (tailnet === undefined) {
    throw new UsageError(
      "No tailnet was given for the VM to join",
      "Set TAILSCALE_AUTH_KEY, or better TAILSCALE_CLIENT_ID and TAILSCALE_CLIENT_SECRET.",
    );
  }
  const { vmName } = options;
  const cluster = await provisionMx(
    {
      ...spec,
      tailnet,
      tailnetProxy: flags.tailnetProxy,
      sshConfig: sshConfigPath(flags.sshConfig, world),
      identityFile: key.path.replace(/\.pub$/, ""),
      kubeconfigOut: flags.kubeconfigOut === undefined ? undefined : resolve(flags.kubeconfigOut),
    },
    ctx,
  );
  world.print(
    [
      `MX cluster ${vmName} is ready: Kubernetes ${cluster.kubernetesVersion} at https://${cluster.tailnetAddress}:6443`,
      ...(flags.sshConfig === false ? [] : [`  ssh ${vmName}`]),
      ...(flags.kubeconfigOut === undefined
        ? [`  its kubeconfig: ssh ${vmName} sudo cat /etc/kubernetes/admin.conf`]
        : [`  export KUBECONFIG=${resolve(flags.kubeconfigOut)}`]),
      `  a controller for its workers: bin/azure-controller --control-plane-mode=tailscale --control-plane-ip=${cluster.tailnetAddress}`,
    ].join("\n"),
  );
}

async function destroy(flags: ScopeFlags & TailnetFlags & { yes: boolean }, world: World): Promise<void> {
  const scope = parseScope(flags, world.env);
  const ctx = await contextFor(scope.subscriptionId, world);
  const vmName = await findMxName(ctx.arm, scope.resourceGroup, flags.vmName);
  if (vmName === undefined) {
    world.print(`There is no MX cluster in resource group ${scope.resourceGroup}`);
    return;
  }
  const request = {
    ...scope,
    vmName: parseVmName(vmName),
    tailnet: chooseTailnet(await tailnetGiven(flags, world.env)),
  };
  if (!flags.yes) {
    const { subnets, ...lists } = await listMx(request, ctx);
    const names = [...Object.values(lists).flat(), ...subnets.map(({ name }) => `subnet ${name}`)];
    await confirm(`Delete MX cluster ${vmName} in ${scope.resourceGroup} (${names.join(", ")})?`, world);
  }
  await destroyMx(request, ctx);
  world.print(`MX cluster ${vmName} is gone`);
}

async function confirm(question: string, { isInteractive, signal }: World): Promise<void> {
  if (!isInteractive)
    throw new UsageError("Nobody is there to be asked", "Add --yes to delete without asking.");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal });
    if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError("Nothing was deleted");
  } finally {
    terminal.close();
  }
}

async function contextFor(subscriptionId: string, world: World): Promise<AzureContext> {
  return { arm: await connectArm({ subscriptionId }, world), world, locks: createKeyedLock() };
}

function sshConfigPath(flag: string | false | undefined, { env }: World): string | undefined {
  if (flag === false) return undefined;
  return flag !== undefined ? resolve(flag) : join(env["HOME"] ?? homedir(), ".ssh", "config");
}

async function readPublicKey(asked: string | undefined): Promise<{ path: string; text: string }> {
  const usual = ["id_ed25519.pub", "id_rsa.pub"].map((name) => join(homedir(), ".ssh", name));
  const paths = asked === undefined ? usual : [asked.replace(/^~(?=\/)/, homedir())];
  for (const path of paths) {
    try {
      return { path, text: (await readFile(path, "utf8")).trim() };
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
    }
  }
  throw new UsageError(
    `There is no SSH key at ${paths.join(" or ")}`,
    "Make one with ssh-keygen, or name another by --ssh-public-key-path.",
  );
}

/** With a key made by hand, which only joining takes. */
async function joinGiven(flags: ProvisionFlags, { env }: World): Promise<TailnetGiven> {
  return {
    ...(await tailnetGiven(flags, env)),
    authKey: await readSecretFlag(
      flags.tailscaleAuthKey ?? env["TAILSCALE_AUTH_KEY"],
      "--tailscale-auth-key",
    ),
    loginServer: flags.loginServer,
  };
}
