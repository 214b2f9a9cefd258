import { stringify as stringifyYaml } from "yaml";
import type { GuestIdentity, GuestNic, RouterGuest, UplinkNic, WorkerGuest } from "./guest.ts";

/** Names the cards get, whatever the guest would call them. The router's scripts go by them. */
export const LAN_NIC = "lan0";
export const UPLINK_NIC = "uplink0";

/** Label of the disk of router-disk.ts. */
export const ROUTER_DISK_LABEL = "STARGATE-ROUTER";
const ROUTER_DISK_MOUNT = "/run/stargate/disk";

/** NoCloud's meta-data. */
export function renderMetaData({ instanceId, hostName }: GuestIdentity): string {
  return stringify({ "instance-id": instanceId, "local-hostname": hostName });
}

/** NoCloud's user-data of a worker: its name, who may log in, and the host key that is pinned already. */
export function renderWorkerUserData(worker: WorkerGuest): string {
  return cloudConfig(userData(worker, worker.nameservers));
}

/** NoCloud's user-data of a router: that, and installing itself from its disk, at each boot as early as can be. */
export function renderRouterUserData(router: RouterGuest): string {
  return cloudConfig({
    ...userData(router, router.isolated ? [] : router.uplink.nameservers),
    bootcmd: [
      ["mount", "--mkdir", "-o", "ro", `/dev/disk/by-label/${ROUTER_DISK_LABEL}`, ROUTER_DISK_MOUNT],
      [`${ROUTER_DISK_MOUNT}/install.sh`],
    ],
  });
}

/** NoCloud's network-config of a worker: the LAN, and everything else by the router. */
export function renderWorkerNetwork({ lan, gateway, nameservers }: WorkerGuest): string {
  return stringify({ version: 2, ethernets: { [LAN_NIC]: nic(LAN_NIC, lan, gateway, nameservers) } });
}

/** NoCloud's network-config of a router: the way out, and the LAN. */
export function renderRouterNetwork({ uplink, lan, isolated }: RouterGuest): string {
  return stringify({
    version: 2,
    ethernets: { [UPLINK_NIC]: uplinkNic(uplink, isolated), [LAN_NIC]: nic(LAN_NIC, lan, undefined, []) },
  });
}

function cloudConfig(config: unknown): string {
  return `#cloud-config\n${stringify(config)}`;
}

function userData(guest: GuestIdentity, nameservers: readonly string[]): Record<string, unknown> {
  const { hostName, adminUsername, sshPublicKey, hostKey } = guest;
  return {
    hostname: hostName,
    preserve_hostname: false,
    users: [
      {
        name: adminUsername,
        gecos: "Stargate",
        shell: "/bin/bash",
        lock_passwd: true,
        sudo: "ALL=(ALL) NOPASSWD:ALL",
        ssh_authorized_keys: [sshPublicKey],
      },
    ],
    ssh_pwauth: false,
    disable_root: true,
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: hostKey.privateKey, ed25519_public: hostKey.publicKey },
    ssh: { emit_keys_to_console: false },
    write_files: [
      { path: "/etc/hosts", content: hostsFile(hostName) },
      // Read where systemd-resolved does not run: our own image's /etc/resolv.conf leads here.
      {
        path: "/etc/stargate/resolv.conf",
        content: nameservers.map((address) => `nameserver ${address}\n`).join(""),
      },
    ],
  };
}

function hostsFile(hostName: string): string {
  return `127.0.0.1 localhost\n127.0.1.1 ${hostName}\n::1 localhost ip6-localhost ip6-loopback\n`;
}

function uplinkNic(uplink: UplinkNic, isolated: boolean): Record<string, unknown> {
  return nic(UPLINK_NIC, uplink, uplink.gateway, isolated ? [] : uplink.nameservers);
}

function nic(
  name: string,
  { macAddress, address, prefixLength }: GuestNic,
  gateway: string | undefined,
  nameservers: readonly string[],
): Record<string, unknown> {
  return {
    match: { macaddress: macAddress.toLowerCase() },
    "set-name": name,
    dhcp4: false,
    dhcp6: false,
    "accept-ra": false,
    addresses: [`${address}/${prefixLength}`],
    // Never "default": cloud-init's parser refuses the word, and then there is no network at all.
    ...(gateway === undefined ? {} : { routes: [{ to: "0.0.0.0/0", via: gateway }] }),
    ...(nameservers.length === 0 ? {} : { nameservers: { addresses: [...nameservers] } }),
  };
}

/** Every value in quotes: guests read YAML 1.1, where a MAC address of digits is a number to the base of sixty. */
function stringify(value: unknown): string {
  return stringifyYaml(value, { defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN", lineWidth: 0 });
}
