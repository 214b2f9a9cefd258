import { parseSubnet, overlaps, contains } from "../lib/cidr.ts";
import { planAddresses, roomForWorkers } from "../providers/plan-addresses.ts";
import type { DatacenterRequest } from "../providers/provider.ts";
import { routerNamesOf } from "../providers/routers.ts";

/** A Server of the cluster, and the router it belongs to. */
export interface KnownServer {
  name: string;
  namespace: string;
  ipv4: string;
  router: string | undefined;
}

/** What is already there, gathered before anything is made. */
export interface Surroundings {
  /** Ranges that the cluster and the tailnet use themselves. */
  reserved: readonly { cidr: string; what: string }[];
  /** Subnets of other datacenters and routes of other devices. */
  taken: readonly { cidr: string; what: string }[];
  /** Routers of other datacenters. */
  routerNames: readonly string[];
  servers: readonly KnownServer[];
}

/**
 * Everything that is wrong with a request, in one list, so that nobody has to correct one mistake after the other.
 * Pure; an empty list means that making may begin.
 */
export function findMistakes(request: DatacenterRequest, namespace: string, around: Surroundings): string[] {
  const routers = routerNamesOf(request);
  const names = [
    ...routers.flatMap((name) => checkName("router", name)),
    ...request.vmNames.flatMap((name) => checkName("VM", name)),
  ];
  const subnet = parseSubnet(request.subnetCidr);
  if (subnet === undefined) {
    return [
      ...names,
      `"${request.subnetCidr}" is no subnet: write it as 192.168.100.0/24, its first address and length`,
    ];
  }
  const mistakes = [
    ...names,
    ...findDuplicates([...routers, ...request.vmNames]),
    ...routers
      .filter((name) => around.routerNames.includes(name))
      .map((name) => `${name} is a router of another datacenter`),
  ];
  if (request.vmNames.length === 0) mistakes.push("no VM was named: give --vm at least once");
  const room = roomForWorkers(subnet);
  if (request.vmNames.length > room) {
    mistakes.push(
      `${subnet.cidr} has room for ${room} workers from its tenth address on, not for ${request.vmNames.length}`,
    );
    return mistakes;
  }
  for (const { cidr, what } of [...around.reserved, ...around.taken]) {
    const other = parseSubnet(cidr);
    if (other !== undefined && overlaps(subnet, other))
      mistakes.push(`${subnet.cidr} overlaps ${what} (${cidr})`);
  }
  return [...mistakes, ...findServerConflicts(request, namespace, around)];
}

function findServerConflicts(request: DatacenterRequest, namespace: string, around: Surroundings): string[] {
  const { subnet, workers } = planAddresses(request);
  return around.servers.flatMap((server) => {
    if (server.router === request.routerName) return []; // this datacenter's own, from an earlier run
    const byName = workers.find(({ name }) => name === server.name && server.namespace === namespace);
    if (byName !== undefined)
      return [`Server ${server.namespace}/${server.name} is there already, with another router`];
    if (!contains(subnet, server.ipv4)) return [];
    return [`${server.ipv4} in ${subnet.cidr} is the address of Server ${server.namespace}/${server.name}`];
  });
}

function checkName(what: string, name: string): string[] {
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return [];
  return [
    `"${name}" is no valid ${what} name: up to 63 lower-case letters, digits and dashes, no dash at either end`,
  ];
}

function findDuplicates(names: readonly string[]): string[] {
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  return [...twice].map((name) => `the name ${name} is given twice`);
}
