import { stringify as stringifyYaml } from "yaml";
import { addressAt, parseSubnet } from "../../../src/lib/cidr.ts";
import type { SeedFiles } from "../../../src/providers/qemu/guest/seed.ts";
import type { NicView, VmView } from "../fake-arm/compute/vm-backend.ts";

/** Label of the disk with the files of platform/. */
export const PLATFORM_LABEL = "AZURE-PLATFORM";
const MOUNT = "/run/azure-platform";

/** As Azure's images give it to their interfaces, in order: the primary one's way out comes first. */
const FIRST_METRIC = 100;

/**
 * What a guest is told, by cloud-init's NoCloud instead of Azure's datasource: user-data is the very customData; what
 * Azure's provisioning does beside (user, keys, host name, addresses) is vendor-data and network configuration.
 */
export function guestSeed(
  vm: VmView,
  customData: Buffer | undefined,
  platform: { hostAddress: string; ports: readonly number[] },
): SeedFiles {
  return {
    "meta-data": stringify({ "instance-id": vm.vmId, "local-hostname": vm.computerName }),
    "user-data": customData?.toString("utf8") ?? "#cloud-config\n{}\n",
    "vendor-data": `#cloud-config\n${stringify(vendorData(vm))}`,
    "network-config": stringify({ version: 2, ethernets: Object.fromEntries(vm.nics.map(nicConfig)) }),
    "platform.env": `HOST_ADDRESS=${platform.hostAddress}\nPORTS='${platform.ports.join(", ")}'\n`,
  };
}

function vendorData({ adminUsername, publicKeys }: VmView): Record<string, unknown> {
  return {
    users: [
      {
        name: adminUsername,
        shell: "/bin/bash",
        lock_passwd: true,
        sudo: "ALL=(ALL) NOPASSWD:ALL",
        ssh_authorized_keys: publicKeys,
      },
    ],
    disable_root: true,
    ssh_pwauth: false,
    ssh_deletekeys: true,
    ssh_genkeytypes: ["ed25519"], // the others take an emulated processor half a minute
    bootcmd: [
      ["mount", "--mkdir", "-o", "ro", `/dev/disk/by-label/${PLATFORM_LABEL}`, MOUNT],
      ["bash", `${MOUNT}/install.sh`],
    ],
    // As Azure's images do: boot diagnostics then show the host keys.
    cloud_final_modules: ["scripts_user", "keys_to_console"],
  };
}

function nicConfig(
  { macAddress, privateIpAddress, subnetCidr }: NicView,
  index: number,
): [string, Record<string, unknown>] {
  const range = parseSubnet(subnetCidr);
  if (range === undefined) throw new Error(`${subnetCidr} is no subnet`);
  const name = `eth${index}`;
  return [
    name,
    {
      match: { macaddress: macAddress.toLowerCase() },
      "set-name": name,
      dhcp4: false,
      dhcp6: false,
      "accept-ra": false,
      addresses: [`${privateIpAddress}/${range.prefixLength}`],
      routes: [{ to: "0.0.0.0/0", via: addressAt(range, 1), metric: FIRST_METRIC * (index + 1) }],
    },
  ];
}

/** Every text in quotes: guests read YAML 1.1, where a MAC address of digits is a number to the base of sixty. */
function stringify(value: unknown): string {
  return stringifyYaml(value, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN", lineWidth: 0 });
}
