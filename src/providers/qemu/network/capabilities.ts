import { readFile } from "node:fs/promises";

/** Linux capabilities by their bits: to make network devices and rules, and to make namespaces. */
const CAP_NET_ADMIN = 12n;
const CAP_SYS_ADMIN = 21n;

/** True where this process may make network namespaces and rules. Root in a container often may not. */
export async function canMakeNetworks(): Promise<boolean> {
  return hasCapabilities(await readFile("/proc/self/status", "utf8"));
}

/** Pure: the same, from the text of /proc/<pid>/status. */
export function hasCapabilities(status: string): boolean {
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return [CAP_NET_ADMIN, CAP_SYS_ADMIN].every((bit) => ((mask >> bit) & 1n) === 1n);
}
