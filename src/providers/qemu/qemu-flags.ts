import { Option, type Command } from "commander";

export const DEFAULT_SUBNET_CIDR = "192.168.100.0/24";
export const networks = ["auto", "rootless", "bridge"] as const;
export const accelerators = ["auto", "kvm", "tcg"] as const;

/** Adds QEMU's own flags of prep-dc-inventory. Defaults are filled in when they are parsed, so that help can say them. */
export function addQemuFlags(command: Command): void {
  command
    .option("--qemu-subnet-cidr <cidr>", `the datacenter's subnet (default: ${DEFAULT_SUBNET_CIDR})`)
    .option("--qemu-cpus <count>", "processors of each worker VM (default: 2)")
    .option("--qemu-memory <MiB>", "memory of each worker VM (default: 2048)")
    .option("--qemu-disk <GiB>", "disk of each worker VM, used as it fills (default: 20)")
    .addOption(
      new Option(
        "--qemu-network <mode>",
        "LAN of the VMs: rootless, or bridge in a network namespace (default: auto, which is bridge for root)",
      ).choices([...networks]),
    )
    .addOption(
      new Option(
        "--qemu-accel <kind>",
        "kvm or tcg (default: auto, which is kvm where it boots a guest)",
      ).choices([...accelerators]),
    )
    .option("--qemu-image-url <url>", "a cloud image to boot instead of the one built from Debian packages")
    .option("--qemu-image-sha256 <sum>", "its published SHA-256");
}
