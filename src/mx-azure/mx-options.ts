import { z } from "zod";
import { UsageError } from "../lib/errors.ts";
import { contains, overlaps, parseSubnet } from "../lib/cidr.ts";
import { POD_CIDR, SERVICE_CIDR } from "../lab/networks.ts";
import { DEFAULT_IMAGE, DEFAULT_LOCATION, DEFAULT_VM_SIZE } from "../providers/azure/azure-defaults.ts";
import {
  parseCidr,
  parseDiskSize,
  parseImage,
  parseName,
  parseScope,
  parseZone,
} from "../providers/azure/azure-options.ts";
import { parseMirrorUrl } from "../toolchain/mirror/read-mirror.ts";
import type { ImageUrn } from "../providers/azure/vm/vm-spec.ts";
import { DEFAULT_KUBERNETES } from "./default-kubernetes.ts";

/** kubeadm of this minor is the first that reads the configuration we write. */
const OLDEST_MINOR = 31;

/** What `mx-azure provision` is asked for. */
export interface MxOptions {
  subscriptionId: string;
  resourceGroup: string;
  location: string;
  zone: string | undefined;
  vnetName: string;
  vnetAddressSpace: string;
  subnetName: string;
  subnetPrefix: string;
  vmName: string;
  vmSize: string;
  image: ImageUrn;
  osDiskGiB: number | undefined;
  adminUsername: string;
  /** "1.37", or a patch of it. */
  kubernetesVersion: string;
  /** Root of a mirror that the VM, and this host, reach. */
  artifactMirror: string | undefined;
}

const Flags = z.looseObject({
  subscriptionId: z.string().optional(),
  resourceGroup: z.string().optional(),
  location: z.string().default(DEFAULT_LOCATION),
  zone: z.string().optional(),
  vnetName: z.string().default("mx-vnet"),
  vnetAddressSpace: z.string().default("10.0.0.0/16"),
  subnetName: z.string().default("mx-subnet"),
  subnetPrefix: z.string().default("10.0.1.0/24"),
  vmName: z.string().default("stargate-mx"),
  vmSize: z.string().default(DEFAULT_VM_SIZE),
  image: z.string().default(DEFAULT_IMAGE),
  osDiskSize: z.string().optional(),
  adminUsername: z.string().default("azureuser"),
  kubernetesVersion: z.string().default(DEFAULT_KUBERNETES),
  artifactMirror: z.string().optional(),
});

/** @throws UsageError */
export function parseMxOptions(
  flags: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
): MxOptions {
  const given = Flags.parse(flags);
  const options: MxOptions = {
    ...parseScope(given, env),
    location: given.location.toLowerCase().replaceAll(" ", ""),
    zone: parseZone(given.zone),
    vnetName: parseName(given.vnetName, "--vnet-name"),
    vnetAddressSpace: parseCidr(given.vnetAddressSpace, "--vnet-address-space"),
    subnetName: parseName(given.subnetName, "--subnet-name"),
    subnetPrefix: parseCidr(given.subnetPrefix, "--subnet-prefix"),
    vmName: parseVmName(given.vmName),
    vmSize: given.vmSize,
    image: parseImage(given.image),
    osDiskGiB: parseDiskSize(given.osDiskSize),
    adminUsername: given.adminUsername,
    kubernetesVersion: parseKubernetesVersion(given.kubernetesVersion),
    artifactMirror: parseMirrorUrl(given.artifactMirror, "--artifact-mirror"),
  };
  checkRanges(options);
  return options;
}

/** Its name is a host name, a node's name and a tailnet name at once. */
export function parseVmName(name: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return name;
  throw new UsageError(
    `"${name}" is no name for the MX VM`,
    "Use up to 63 lower-case letters, digits and dashes, no dash at either end.",
  );
}

/** @throws UsageError for what is no version, and for what is too old */
export function parseKubernetesVersion(text: string): string {
  const [, minor, patch = ""] = /^v?1\.(\d{1,3})(\.\d{1,3})?$/.exec(text) ?? [];
  if (minor === undefined) {
    throw new UsageError(
      `"${text}" is no Kubernetes version`,
      `Write it as ${DEFAULT_KUBERNETES}, or with a patch.`,
    );
  }
  if (Number(minor) < OLDEST_MINOR) {
    throw new UsageError(
      `Kubernetes ${text} is too old: its kubeadm does not read the configuration that newer ones need`,
      `Use 1.${OLDEST_MINOR} or newer, best ${DEFAULT_KUBERNETES}.`,
    );
  }
  return `1.${minor}${patch}`;
}

function checkRanges({ vnetAddressSpace, subnetPrefix }: MxOptions): void {
  const network = parseSubnet(vnetAddressSpace);
  const subnet = parseSubnet(subnetPrefix);
  if (network === undefined || subnet === undefined) return; // checked above
  if (!contains(network, subnet.cidr.split("/")[0] ?? "") || subnet.last > network.last) {
    throw new UsageError(
      `The subnet ${subnetPrefix} is not inside ${vnetAddressSpace}`,
      "Choose --subnet-prefix inside --vnet-address-space.",
    );
  }
  for (const [cidr, what] of [
    [POD_CIDR, "pods"],
    [SERVICE_CIDR, "services"],
  ] as const) {
    const other = parseSubnet(cidr);
    if (other !== undefined && overlaps(subnet, other)) {
      throw new UsageError(
        `The subnet ${subnetPrefix} overlaps the range of the cluster's ${what} (${cidr})`,
        "Choose another --subnet-prefix.",
      );
    }
  }
}
