import { addressAt, contains, parseSubnet, type Subnet } from "../../../src/lib/cidr.ts";
import type { Arm } from "../fake-arm/core/arm.ts";
import { parentId, isSameId, type Resource } from "../fake-arm/core/store.ts";
import { viewNic } from "../fake-arm/compute/vm-network.ts";
import type { NicView } from "../fake-arm/compute/vm-backend.ts";
import { rangesOf } from "../fake-arm/network/addresses.ts";
import { objectIn } from "../fake-arm/core/json.ts";
import { effectiveRoutes, wayOut } from "../fake-arm/network/effective-routes.ts";

import { renderSecurity } from "./render-security.ts";

const FIRST_TABLE = 100;

/** Names on this host for what is in a virtual network; a thing keeps the name it got first. */
export class VnetNames {
  readonly #ids: string[] = [];

  /** A link's name, of at most 15 characters. */
  of(kind: "subnet" | "nic", id: string): string {
    return `${kind}${this.indexOf(id)}`;
  }

  indexOf(id: string): number {
    const key = id.toLowerCase();
    if (!this.#ids.includes(key)) this.#ids.push(key);
    return this.#ids.indexOf(key);
  }
}

/** What make-vnet.sh is told of a virtual network, as it stands in the fake. Pure but for the names it gives. */
export function planVnet(
  arm: Arm,
  vnetId: string,
  names: VnetNames,
): { SUBNETS: string; NICS: string; ROUTES: string; SECURITY: string } {
  const subnets = subnetsOf(arm, vnetId, names);
  const nics = arm.store.ofType("Microsoft.Network/networkInterfaces").flatMap((resource) => {
    const view = viewNic(arm, resource.id, true);
    return view !== undefined && isSameId(parentId(view.subnetId), vnetId) ? [{ resource, view }] : [];
  });
  const vnet = arm.store.get(vnetId);
  const space = rangesOf(objectIn(vnet?.properties ?? {}, "addressSpace"), vnetId).map(({ cidr }) => cidr);
  return {
    SECURITY: renderSecurity(
      arm,
      nics.map(({ resource, view }) => ({ nic: resource, address: view.privateIpAddress })),
      space,
    ),
    SUBNETS: subnets
      .map(
        ({ bridge, table, range }) =>
          `${bridge} ${table} ${addressAt(range, 1)}/${range.prefixLength} ${range.cidr}`,
      )
      .join("\n"),
    NICS: nics.map(({ resource, view }) => nicLine(arm, resource, view, names)).join("\n"),
    ROUTES: subnets
      .flatMap(({ id, table }) => {
        // Routes are a subnet's: any of its interfaces tells them.
        const nic = nics.find(({ view }) => isSameId(view.subnetId, id));
        return nic === undefined ? [] : routeLines(arm, nic.resource, table, subnets);
      })
      .join("\n"),
  };
}

function subnetsOf(arm: Arm, vnetId: string, names: VnetNames): PlannedSubnet[] {
  return arm.store.ofType("Microsoft.Network/virtualNetworks/subnets", vnetId).flatMap((subnet) => {
    const [range] = rangesOf(subnet.properties, subnet.id);
    if (range === undefined) return [];
    const table = FIRST_TABLE + names.indexOf(subnet.id);
    return [{ id: subnet.id, range, bridge: names.of("subnet", subnet.id), table }];
  });
}

interface PlannedSubnet {
  id: string;
  range: Subnet;
  bridge: string;
  table: number;
}

function nicLine(arm: Arm, nic: Resource, view: NicView, names: VnetNames): string {
  return [
    names.of("nic", nic.id),
    names.of("subnet", view.subnetId),
    view.privateIpAddress,
    view.ipForwarding ? "forwards" : "plain",
    wayOut(arm, nic) === undefined ? "private" : "public",
  ].join(" ");
}

function routeLines(arm: Arm, nic: Resource, table: number, subnets: readonly PlannedSubnet[]): string[] {
  return effectiveRoutes(arm, nic)
    .filter(({ isActive, addressPrefix }) => isActive && parseSubnet(addressPrefix) !== undefined)
    .flatMap(({ addressPrefix, nextHopType, nextHopIpAddress = "" }) => {
      switch (nextHopType) {
        case "VirtualAppliance": {
          const hop = subnets.find(({ range }) => contains(range, nextHopIpAddress));
          return hop === undefined ? [] : [`${table} ${addressPrefix} via ${nextHopIpAddress} ${hop.bridge}`];
        }
        case "Internet":
          return [`${table} ${addressPrefix} internet`];
        case "VnetLocal":
          return []; // each subnet is a route of its own
        default:
          return [`${table} ${addressPrefix} drop`];
      }
    });
}
