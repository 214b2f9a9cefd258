import type { DatacenterRequest } from "../provider.ts";
import { routerNamesOf } from "../routers.ts";
import { routerVms, type Datacenter, type NetworkState } from "./datacenter-state.ts";

/** Pure: what a datacenter that is there has otherwise than a request wants it, and cannot be given while it is there. */
export function findDifferences(
  existing: Datacenter,
  request: DatacenterRequest,
  mode: NetworkState["mode"],
): string[] {
  const differences: string[] = [];
  const names = routerVms(existing).map(({ name }) => name);
  if (names.join() !== routerNamesOf(request).join()) {
    differences.push(`${names.length === 1 ? "router" : "routers"} ${names.join(", ")}`);
  }
  if (existing.subnetCidr !== request.subnetCidr) differences.push(`subnet ${existing.subnetCidr}`);
  if (existing.network.mode !== mode) differences.push(`network ${existing.network.mode}`);
  if (existing.adminUsername !== request.adminUsername) differences.push(`user ${existing.adminUsername}`);
  if (keyOf(existing.sshPublicKey) !== keyOf(request.sshPublicKey))
    differences.push("another SSH public key");
  return differences;
}

/** Type and key of an authorized_keys line, without its comment. */
function keyOf(line: string): string {
  return line.trim().split(/\s+/).slice(0, 2).join(" ");
}
