import { addressAt, parseSubnet, type Subnet } from "../lib/cidr.ts";
import { UsageError } from "../lib/errors.ts";
import {
  FIRST_OF_ROUTERS_INDEX,
  FIRST_WORKER_INDEX,
  ROUTER_INDEX,
  roomForWorkers,
} from "./plan-addresses.ts";

interface Place {
  name: string;
  ipv4: string;
}

/**
 * Addresses of workers: those that have one keep it, new ones get the next free one in the order of their names.
 * Pure. Returns the workers named, in that order.
 * @throws UsageError where the subnet is full
 */
export function assignAddresses(
  existing: readonly Place[],
  vmNames: readonly string[],
  subnet: Subnet,
): Place[] {
  const taken = new Set(existing.map(({ ipv4 }) => ipv4));
  const room = Array.from(
    { length: Math.min(roomForWorkers(subnet), taken.size + vmNames.length) },
    (_, index) => addressAt(subnet, FIRST_WORKER_INDEX + index),
  );
  const free = room.filter((address) => !taken.has(address));
  return vmNames.map((name) => {
    const ipv4 = existing.find((place) => place.name === name)?.ipv4 ?? free.shift();
    if (ipv4 !== undefined) return { name, ipv4 };
    const others = existing.filter((place) => !vmNames.includes(place.name)).map((place) => place.name);
    throw new UsageError(
      `${subnet.cidr} has no address left for ${name}`,
      others.length === 0
        ? "Make another datacenter for it."
        : `VMs that were left out of this request keep theirs: ${others.join(", ")}.`,
    );
  });
}

/** Where the default route of a subnet's workers leads: the router's address, or the one that several hold in turn. */
export function gatewayAddress(subnet: Subnet): string {
  return addressAt(subnet, ROUTER_INDEX);
}

/** Addresses of a datacenter's routers. A single one holds the gateway's; of several, each has one of its own. */
export function placeRouters(names: readonly string[], subnet: Subnet): Place[] {
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return [{ name: only, ipv4: gatewayAddress(subnet) }];
  return names.map((name, index) => ({ name, ipv4: addressAt(subnet, FIRST_OF_ROUTERS_INDEX + index) }));
}

/** The subnet of a text that was checked where it came in. */
export function subnetOf(cidr: string): Subnet {
  const subnet = parseSubnet(cidr);
  if (subnet === undefined) throw new RangeError(`${cidr} is no subnet`);
  return subnet;
}
