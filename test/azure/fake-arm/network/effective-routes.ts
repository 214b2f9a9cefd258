import { contains, parseSubnet } from "../../../../src/lib/cidr.ts";
import type { Answer } from "../core/answer.ts";
import type { Arm } from "../core/arm.ts";
import { networkError } from "../core/arm-error.ts";
import { objectIn, referenceIn, textIn, type Json } from "../core/json.ts";
import { accepted } from "../core/resource-calls.ts";
import { parentId, type Resource } from "../core/store.ts";
import { ipConfigurationsOf, rangesOf } from "./addresses.ts";
import { vmWith } from "./interfaces.ts";
import { natGatewaysWith } from "./nat-gateways.ts";
import { routes } from "./routes.ts";

/** A route that an interface's packets can take. Of two for one prefix, only the user's is active. */
export interface EffectiveRoute {
  source: "Default" | "User";
  isActive: boolean;
  addressPrefix: string;
  nextHopType: string;
  nextHopIpAddress: string | undefined;
}

/** What Azure drops by routes of its own unless the virtual network has it. */
const DROPPED = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];

/** System routes and those of the subnet's route table, as they apply to an interface. */
export function effectiveRoutes(arm: Arm, nic: Resource): EffectiveRoute[] {
  const subnet = subnetOf(arm, nic);
  const network = subnet === undefined ? undefined : arm.store.get(parentId(subnet.id));
  const space = rangesOf(objectIn(network?.properties ?? {}, "addressSpace"), network?.id ?? "").map(
    ({ cidr }) => cidr,
  );
  const table = referenceIn(subnet?.properties ?? {}, "routeTable");
  const own = table === undefined ? [] : arm.store.ofType(routes.type, table);
  const users = own.map(({ properties }) => route("User", properties));
  const system = [
    ...space.map((prefix) => systemRoute(prefix, "VnetLocal")),
    systemRoute("0.0.0.0/0", "Internet"),
    ...DROPPED.filter((prefix) => !space.includes(prefix)).map((prefix) => systemRoute(prefix, "None")),
  ];
  return [
    ...system.map((one) => ({
      ...one,
      isActive: !users.some(({ addressPrefix }) => addressPrefix === one.addressPrefix),
    })),
    ...users,
  ];
}

function systemRoute(addressPrefix: string, nextHopType: string): EffectiveRoute {
  return route("Default", { addressPrefix, nextHopType });
}

function route(source: "Default" | "User", properties: Record<string, Json>): EffectiveRoute {
  return {
    source,
    isActive: true,
    addressPrefix: textIn(properties, "addressPrefix") ?? "",
    nextHopType: textIn(properties, "nextHopType") ?? "None",
    nextHopIpAddress: textIn(properties, "nextHopIpAddress"),
  };
}

/** The route that a packet to this address takes: the active one with the longest prefix. */
export function routeTo(arm: Arm, nic: Resource, address: string): EffectiveRoute | undefined {
  const lengthOf = ({ addressPrefix }: EffectiveRoute): number =>
    parseSubnet(addressPrefix)?.prefixLength ?? -1;
  return effectiveRoutes(arm, nic)
    .filter(({ isActive, addressPrefix }) => {
      const range = parseSubnet(addressPrefix);
      return isActive && range !== undefined && contains(range, address);
    })
    .sort((one, other) => lengthOf(other) - lengthOf(one))[0];
}

/** How packets to the internet leave an interface by Azure itself. Undefined: not at all. */
export function wayOut(
  arm: Arm,
  nic: Resource,
): "public IP" | "NAT gateway" | "default outbound access" | undefined {
  const subnet = subnetOf(arm, nic);
  if (subnet === undefined) return undefined;
  const gateway = referenceIn(subnet.properties, "natGateway");
  if (gateway !== undefined && hasPublicAddress(arm, gateway)) return "NAT gateway";
  const hasPublicIp = ipConfigurationsOf(nic).some(
    ({ body }) => referenceIn(objectIn(body, "properties"), "publicIPAddress") !== undefined,
  );
  if (hasPublicIp) return "public IP";
  return subnet.properties["defaultOutboundAccess"] === true ? "default outbound access" : undefined;
}

function hasPublicAddress(arm: Arm, gatewayId: string): boolean {
  return arm.store
    .ofType("Microsoft.Network/publicIPAddresses")
    .some(({ id }) => natGatewaysWith(arm, id).some((one) => one.toLowerCase() === gatewayId.toLowerCase()));
}

function subnetOf(arm: Arm, nic: Resource): Resource | undefined {
  const [configuration] = ipConfigurationsOf(nic);
  const id = configuration && referenceIn(objectIn(configuration.body, "properties"), "subnet");
  return id === undefined ? undefined : arm.store.get(id);
}

/** Answers a POST to effectiveRouteTable, which only running VMs have. */
export function showEffectiveRoutes(arm: Arm, nic: Resource): Answer {
  const vm = vmWith(arm, nic.id);
  if (vm === undefined || arm.guests.get(vm.id.toLowerCase())?.power !== "running") {
    throw networkError(
      400,
      "NicMustBeAttachedToRunningVmToGetEffectiveRoutes",
      `Network interface ${nic.id} must be attached to a running virtual machine for its effective routes to be known.`,
    );
  }
  const value = effectiveRoutes(arm, nic).map((one): Json => ({
    source: one.source,
    state: one.isActive ? "Active" : "Invalid",
    addressPrefix: [one.addressPrefix],
    nextHopType: one.nextHopType,
    nextHopIpAddress: one.nextHopIpAddress === undefined ? [] : [one.nextHopIpAddress],
  }));
  return accepted(
    arm,
    arm.operations.start({
      owner: "Microsoft.Network",
      location: nic.location ?? "",
      title: "GetEffectiveRouteTable",
      durationMs: arm.settings.durations.network,
      writes: [],
      finish: () => ({ value }),
    }),
  );
}
