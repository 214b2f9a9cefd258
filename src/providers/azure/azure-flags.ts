import type { Command } from "commander";
import { DEFAULT_IMAGE, DEFAULT_LOCATION, DEFAULT_SUBNET_CIDR, DEFAULT_VM_SIZE } from "./azure-defaults.ts";

/** Azure's own flags of prep-dc-inventory. Defaults are filled in when they are parsed, so that help can say them. */
export function addAzureFlags(command: Command): void {
  command
    .optionsGroup("Azure (--provider azure):")
    .option("--subscription-id <id>", "subscription (AZURE_SUBSCRIPTION_ID)")
    .option("--resource-group <name>", "resource group; made where it is missing")
    .option("--location <name>", `region (default: ${DEFAULT_LOCATION})`)
    .option("--zone <number>", "availability zone of the VMs (default: none)")
    .option("--vnet-name <name>", "virtual network; made where it is missing (default: stargate-vnet)")
    .option("--vnet-cidr <cidr>", "its address range (default: 10.50.0.0/16)")
    .option("--subnet-name <name>", "subnet of this datacenter (default: stargate-subnet)")
    .option("--subnet-cidr <cidr>", `its address range (default: ${DEFAULT_SUBNET_CIDR})`)
    .option("--uplink-subnet-cidr <cidr>", "range of the router's way out (default: a free /28)")
    .option("--vm-size <size>", `size of the VMs (default: ${DEFAULT_VM_SIZE})`)
    .option("--router-vm-size <size>", "size of the router, which needs two interfaces (default: --vm-size)")
    .option("--image <urn>", `publisher:offer:sku:version (default: ${DEFAULT_IMAGE})`)
    .option("--os-disk-size <GiB>", "size of the OS disks (default: the image's)")
    .option("--artifact-mirror <url>", "mirror the router takes tailscale from (default: the internet)")
    .optionsGroup("Options:");
}
