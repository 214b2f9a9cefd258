import { createHash } from "node:crypto";

/** Set in the first byte: administered locally, and one station's (the lowest bit is 0). */
const FIRST_BYTE = "02";

/**
 * The hardware address of a VM's card: always the same for the same names, so that a VM that is made anew is the same
 * station to everybody. 40 bits of a hash keep different names apart.
 */
export function macAddressFor(routerName: string, vmName: string, card: "lan" | "uplink"): string {
  const hash = createHash("sha256").update([routerName, vmName, card].join("/")).digest("hex");
  return [FIRST_BYTE, ...(hash.slice(0, 10).match(/../g) ?? [])].join(":");
}
