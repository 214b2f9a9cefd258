import { z } from "zod";
import { UsageError } from "../../lib/errors.ts";
import { parseSubnet } from "../../lib/cidr.ts";
import { DEFAULT_IMAGE, DEFAULT_LOCATION, DEFAULT_VM_SIZE } from "./azure-defaults.ts";
import { parseMirrorUrl } from "../../toolchain/mirror/read-mirror.ts";
import type { ImageUrn } from "./vm/vm-spec.ts";

/** Azure's flags of prep-dc-inventory, parsed. */
export interface AzureOptions {
  subscriptionId: string;
  resourceGroup: string;
  location: string;
  zone: string | undefined;
  vnetName: string;
  vnetCidr: string;
  subnetName: string;
  /** Undefined: one is chosen in the virtual network. */
  uplinkSubnetCidr: string | undefined;
  vmSize: string;
  routerVmSize: string;
  image: ImageUrn;
  osDiskGiB: number | undefined;
  /** Root of a mirror that the VMs reach. */
  artifactMirror: string | undefined;
}

const Flags = z.looseObject({
  subscriptionId: z.string().optional(),
  resourceGroup: z.string().optional(),
  location: z.string().default(DEFAULT_LOCATION),
  zone: z.string().optional(),
  vnetName: z.string().default("stargate-vnet"),
  vnetCidr: z.string().default("10.50.0.0/16"),
  subnetName: z.string().default("stargate-subnet"),
  uplinkSubnetCidr: z.string().optional(),
  vmSize: z.string().default(DEFAULT_VM_SIZE),
  routerVmSize: z.string().optional(),
  image: z.string().default(DEFAULT_IMAGE),
  osDiskSize: z.string().optional(),
  artifactMirror: z.string().optional(),
});

/** @throws UsageError */
export function parseAzureOptions(
  flags: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
): AzureOptions {
  const given = Flags.parse(flags);
  return {
    ...parseScope(given, env),
    location: given.location.toLowerCase().replaceAll(" ", ""),
    zone: parseZone(given.zone),
    vnetName: parseName(given.vnetName, "--vnet-name"),
    vnetCidr: parseCidr(given.vnetCidr, "--vnet-cidr"),
    subnetName: parseName(given.subnetName, "--subnet-name"),
    uplinkSubnetCidr:
      given.uplinkSubnetCidr === undefined
        ? undefined
        : parseCidr(given.uplinkSubnetCidr, "--uplink-subnet-cidr"),
    vmSize: given.vmSize,
    routerVmSize: given.routerVmSize ?? given.vmSize,
    image: parseImage(given.image),
    osDiskGiB: parseDiskSize(given.osDiskSize),
    artifactMirror: parseMirrorUrl(given.artifactMirror, "--artifact-mirror"),
  };
}

/** Where: subscription and resource group, from flags or the environment. @throws UsageError */
export function parseScope(
  {
    subscriptionId,
    resourceGroup,
  }: { subscriptionId?: string | undefined; resourceGroup?: string | undefined },
  env: Readonly<Record<string, string | undefined>>,
): { subscriptionId: string; resourceGroup: string } {
  const subscription = (subscriptionId ?? env["AZURE_SUBSCRIPTION_ID"] ?? "").trim();
  if (subscription === "") {
    throw new UsageError(
      "No Azure subscription was given",
      "Give --subscription-id, or set AZURE_SUBSCRIPTION_ID (`az account show --query id`).",
    );
  }
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(subscription)) {
    throw new UsageError(
      `"${subscription}" is no subscription id`,
      "Give the id, not the name: `az account show --query id`.",
    );
  }
  if (resourceGroup === undefined) {
    throw new UsageError(
      "No resource group was given",
      "Give --resource-group; it is made where it is missing.",
    );
  }
  if (!/^[\w().-]{1,89}[\w()-]$|^[\w()-]$/.test(resourceGroup)) {
    throw new UsageError(
      `"${resourceGroup}" is no name for a resource group`,
      "Use up to 90 letters, digits, dashes, dots, underscores and parentheses, no dot at the end.",
    );
  }
  return { subscriptionId: subscription.toLowerCase(), resourceGroup };
}

export function parseZone(zone: string | undefined): string | undefined {
  if (zone === undefined || zone === "") return undefined;
  if (/^[1-9]$/.test(zone)) return zone;
  throw new UsageError(
    `"${zone}" is no availability zone`,
    "Zones are 1, 2 and 3; leave --zone out for none.",
  );
}

export function parseName(name: string, flag: string): string {
  if (/^[A-Za-z0-9]([\w.-]{0,62}\w)?$/.test(name)) return name;
  throw new UsageError(
    `"${name}" is no name Azure takes (${flag})`,
    "Use up to 64 letters, digits, dashes, dots and underscores.",
  );
}

export function parseCidr(text: string, flag: string): string {
  const subnet = parseSubnet(text);
  if (subnet !== undefined) return subnet.cidr;
  throw new UsageError(
    `"${text}" is no subnet (${flag})`,
    "Write it as 10.50.0.0/16, its first address and length.",
  );
}

/** @throws UsageError */
export function parseImage(text: string): ImageUrn {
  const [publisher = "", offer = "", sku = "", version = "", ...more] = text.split(":");
  if ([publisher, offer, sku, version].every((part) => part !== "") && more.length === 0) {
    return { publisher, offer, sku, version };
  }
  throw new UsageError(
    `"${text}" is no image`,
    `Write it as publisher:offer:sku:version, for instance ${DEFAULT_IMAGE}.`,
  );
}

/** @throws UsageError */
export function parseDiskSize(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const size = Number(text);
  if (Number.isInteger(size) && size >= 30 && size <= 4095) return size;
  throw new UsageError(`"${text}" is no size for the OS disk`, "Give whole GiB from 30 to 4095.");
}
