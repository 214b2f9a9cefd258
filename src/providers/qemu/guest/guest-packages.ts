import type { Architecture } from "../../../toolchain/components.ts";

/**
 * What the guest image consists of, beside Debian's essential packages. Everything a worker or a router needs is in it:
 * guests of the lab have no way to fetch more.
 */
export function guestPackages(architecture: Architecture): readonly string[] {
  return [
    `linux-image-cloud-${architecture}`,
    ...["initramfs-tools", "kmod", "systemd-sysv", "udev", "dbus", "e2fsprogs", "mount", "procps"],
    ...["cloud-init", "netplan.io", "openssh-server", "sudo", "apt", "ca-certificates", "curl", "zstd"],
    ...["iproute2", "iputils-ping", "nftables", "iptables", "conntrack", "ethtool", "socat"],
    ...["containerd", "runc"],
    "keepalived", // for routers of which one takes over from the other
  ];
}
