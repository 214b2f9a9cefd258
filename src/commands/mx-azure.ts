import { Command, Option } from "commander";
import type { World } from "../lib/world.ts";
import { DEFAULT_KUBERNETES } from "../mx-azure/default-kubernetes.ts";
import { DEFAULT_IMAGE, DEFAULT_LOCATION, DEFAULT_VM_SIZE } from "../providers/azure/azure-defaults.ts";
import {
  addJoiningFlags,
  addProxyFlag,
  addTailnetFlags,
  type JoiningFlags,
  type TailnetFlags,
} from "./tailnet-flags.ts";

export interface ScopeFlags extends TailnetFlags {
  subscriptionId?: string;
  resourceGroup?: string;
  vmName?: string;
}

export interface ProvisionFlags extends ScopeFlags, JoiningFlags {
  sshPublicKeyPath?: string;
  sshConfig?: string | false;
  kubeconfigOut?: string;
  tailnetProxy?: string;
  dryRun: boolean;
}

export interface StatusFlags extends ScopeFlags {
  output: "json" | "table";
}

export interface DestroyFlags extends ScopeFlags {
  yes: boolean;
}

/** `mx-azure`: an MX cluster on one VM in Azure. */
export function mxAzureCommand(world: World): Command {
  const command = new Command("mx-azure").description(
    "An MX cluster on one VM in Azure, inside your tailnet",
  );
  addProxyFlag(addJoiningFlags(addProvisionFlags(addScopeFlags(command.command("provision"))), "the VM"))
    .description("Makes the cluster, or goes on with one that an earlier run began")
    .action(async (flags: ProvisionFlags) => (await work()).provision(flags, world));
  addTailnetFlags(addScopeFlags(command.command("status")))
    .description("Says how the cluster is")
    .addOption(
      new Option("-o, --output <format>", "json, or a table").choices(["json", "table"]).default("table"),
    )
    .action(async (flags: StatusFlags) => (await work()).showStatus(flags, world));
  addTailnetFlags(addScopeFlags(command.command("destroy")))
    .description(
      "Removes the cluster: all of it in Azure, its device in the tailnet, its entries on this host",
    )
    .option("-y, --yes", "do not ask", false)
    .action(async (flags: DestroyFlags) => (await work()).destroy(flags, world));
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
    .option("--artifact-mirror <url>", "mirror the VM takes programs and images from (default: the internet)")
    .option("--kubeconfig-out <path>", "kubeconfig to put the cluster into, made where it is missing")
    .option("--ssh-config <path>", "ssh config to put an entry into (default: ~/.ssh/config)")
    .option("--no-ssh-config", "leave the ssh config alone")
    .option("--dry-run", "prints what would be done, in order, and does nothing", false);
}

// The Azure clients are large: help does not wait for them.
const work = () => import("./run-mx-azure.ts");
