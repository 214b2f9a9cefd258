import type { Datacenter } from "../../api/v1alpha1/datacenter.ts";
import { overlaps, parseSubnet } from "../../lib/cidr.ts";
import type { NewCondition } from "../conditions.ts";
import type { Facts, OwnedRange } from "./facts.ts";

/** A subnet of a datacenter that is somebody else's too. */
export interface Overlap {
  subnet: string;
  other: OwnedRange;
  /** True where the other was there first, or must win: the subnet's route is then not approved. */
  isOthers: boolean;
}

type OverlapFacts = Pick<Facts, "datacenter" | "others" | "reserved" | "hostNetworks" | "tailnet">;

/** Pure: whatever shares addresses with this datacenter. */
export function findOverlaps(facts: OverlapFacts): Overlap[] {
  const { datacenter, others, reserved, hostNetworks } = facts;
  const ranges: (Omit<Overlap, "subnet"> & { isOthers: boolean })[] = [
    ...reserved.map((other) => ({ other, isOthers: true })),
    ...others.filter(isThere).flatMap((one) =>
      one.spec.subnets.map((cidr) => ({
        other: { cidr, what: `datacenter "${one.metadata.namespace}/${one.metadata.name}"` },
        isOthers: isOlder(one, datacenter),
      })),
    ),
    ...hostNetworks.map((other) => ({ other, isOthers: false })),
    ...routesOfStrangers(facts).map((other) => ({ other, isOthers: false })),
  ];
  return datacenter.spec.subnets.flatMap((subnet) =>
    ranges.filter(({ other }) => isShared(subnet, other.cidr)).map((range) => ({ subnet, ...range })),
  );
}

/** The subnets whose routes may be approved. */
export function approvableSubnets(facts: OverlapFacts): string[] {
  const others = new Set(
    findOverlaps(facts)
      .filter(({ isOthers }) => isOthers)
      .map(({ subnet }) => subnet),
  );
  return facts.datacenter.spec.subnets.filter((subnet) => !others.has(subnet));
}

export function decideNoOverlap(found: readonly Overlap[]): NewCondition {
  const type = "NoOverlap";
  if (found.length === 0) {
    return { type, status: "True", reason: "NoOverlap", message: "No other network has these addresses." };
  }
  const list = found.map(({ subnet, other }) => `${subnet} overlaps ${other.what} (${other.cidr})`);
  const message = `${list.join("; ")}. Traffic goes to one of the two only: move one of them.`;
  return { type, status: "False", reason: "SubnetOverlaps", message };
}

/** What other devices of the tailnet serve. A default route (an exit node's) overlaps everything and harms nobody. */
function routesOfStrangers({ datacenter, others, tailnet }: OverlapFacts): OwnedRange[] {
  if (tailnet.kind !== "devices") return [];
  const routers = new Set(
    [datacenter, ...others].flatMap(({ spec }) => spec.routers.map(({ name }) => name)),
  );
  return tailnet.devices
    .filter(({ hostname }) => !routers.has(hostname))
    .flatMap(({ hostname, advertisedRoutes, enabledRoutes }) =>
      enabledRoutes
        .filter((cidr) => advertisedRoutes.includes(cidr) && cidr !== "0.0.0.0/0")
        .map((cidr) => ({ cidr, what: `a route of device "${hostname}"` })),
    );
}

function isShared(one: string, other: string): boolean {
  const [a, b] = [parseSubnet(one), parseSubnet(other)];
  return a !== undefined && b !== undefined && overlaps(a, b);
}

function isThere({ metadata }: Datacenter): boolean {
  return metadata.deletionTimestamp === undefined;
}

/** Of two made in the same second, one must be the older all the same. */
function isOlder(one: Datacenter, other: Datacenter): boolean {
  const [a, b] = [one, other].map(
    ({ metadata: { creationTimestamp, namespace, name } }) => `${creationTimestamp} ${namespace}/${name}`,
  );
  return a !== undefined && b !== undefined && a < b;
}
