import { addressAt, parseSubnet, type Subnet } from "../lib/cidr.ts";
import type { DatacenterRequest } from "./provider.ts";

/** Place of the router in the subnet, and of the first worker: the rule every datacenter follows. */
export const ROUTER_INDEX = 1;
export const FIRST_WORKER_INDEX = 10;
/** Where several routers have addresses of their own: the router's place is then one that they hold in turn. */
export const FIRST_OF_ROUTERS_INDEX = 2;

export interface AddressPlan {
  subnet: Subnet;
  router: { name: string; ipv4: string };
  workers: { name: string; ipv4: string }[];
}

/** Who gets which address: the router .1, workers .10 and up in the order of their names. */
export function planAddresses({ routerName, vmNames, subnetCidr }: DatacenterRequest): AddressPlan {
  const subnet = parseSubnet(subnetCidr);
  if (subnet === undefined) throw new RangeError(`${subnetCidr} is no subnet`); // checked where it came in
  return {
    subnet,
    router: { name: routerName, ipv4: addressAt(subnet, ROUTER_INDEX) },
    workers: vmNames.map((name, index) => ({ name, ipv4: addressAt(subnet, FIRST_WORKER_INDEX + index) })),
  };
}

/** How many workers a subnet has room for (its last address is the broadcast's). */
export function roomForWorkers(subnet: Subnet): number {
  return Math.max(0, Number(subnet.last - subnet.first) - FIRST_WORKER_INDEX);
}
