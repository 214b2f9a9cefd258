import type { Host } from "../../remote/host.ts";

/** What tells one host from another, as the host itself says. A Node reports the same of the host it runs on. */
export interface HostIdentity {
  machineId: string;
  bootId: string;
  /** Empty where the host has no readable DMI. */
  systemUuid: string;
}

/** Reads the identity over SSH. Read after the bootstrap, which may have given the host a machine id of its own. */
export async function readIdentity(host: Host, signal?: AbortSignal): Promise<HostIdentity> {
  const machineId = await host.run(["cat", "/etc/machine-id"], { signal });
  const bootId = await host.run(["cat", "/proc/sys/kernel/random/boot_id"], { signal });
  const systemUuid = await host.run(["cat", "/sys/class/dmi/id/product_uuid"], {
    sudo: true,
    okCodes: [0, 1],
    signal,
  });
  return {
    machineId: machineId.stdout.trim(),
    bootId: bootId.stdout.trim(),
    systemUuid: systemUuid.exitCode === 0 ? systemUuid.stdout.trim() : "",
  };
}
