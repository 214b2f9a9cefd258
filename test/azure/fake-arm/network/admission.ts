import { contains, parseSubnet } from "../../../../src/lib/cidr.ts";
import type { Arm } from "../core/arm.ts";
import { isObject, objectIn, referenceIn, textIn, type JsonObject } from "../core/json.ts";
import type { Resource } from "../core/store.ts";
import { parentId } from "../core/store.ts";
import { ipConfigurationsOf, rangesOf } from "./addresses.ts";
import { defaultRules } from "./default-rules.ts";
import { securityRules } from "./security-rules.ts";

/** A packet that comes to an interface. */
export interface Packet {
  protocol: "Tcp" | "Udp" | "Icmp";
  port: number;
  /** An IPv4 address. */
  from: string;
}

/**
 * True where the security groups of subnet and interface let the packet in. Without any group, what comes from inside
 * the virtual network does, and nothing else: a Standard public address is closed until a group opens it.
 */
export function letsIn(arm: Arm, nic: Resource, packet: Packet): boolean {
  const { subnet, groups } = groupsOf(arm, nic);
  const isFromOutside = subnet !== undefined && !isInNetwork(arm, subnet, packet.from);
  if (groups.length === 0) return !isFromOutside;
  return groups.every((group) => decide(arm, group, packet, isFromOutside) === "Allow");
}

/** The security groups that stand before an interface. */
export function groupsOf(
  arm: Arm,
  nic: Resource,
): { subnet: Resource | undefined; groups: readonly Resource[] } {
  const [configuration] = ipConfigurationsOf(nic);
  const properties = objectIn(configuration?.body ?? {}, "properties");
  const subnet = arm.store.get(referenceIn(properties, "subnet") ?? "");
  const groups = [subnet?.properties, nic.properties].flatMap(
    (body) => arm.store.get(referenceIn(body ?? {}, "networkSecurityGroup") ?? "") ?? [],
  );
  return { subnet, groups };
}

function isInNetwork(arm: Arm, subnet: Resource, address: string): boolean {
  const network = arm.store.get(parentId(subnet.id));
  return rangesOf(objectIn(network?.properties ?? {}, "addressSpace"), subnet.id).some((range) =>
    contains(range, address),
  );
}

/** The first rule that fits, by priority, decides. */
function decide(arm: Arm, group: Resource, packet: Packet, isFromOutside: boolean): string {
  const rule = inboundRules(arm, group).find((one) => fits(one, packet, isFromOutside));
  return rule === undefined ? "Deny" : (textIn(rule, "access") ?? "Deny");
}

/** What a group says of packets that come in, by priority, Azure's own rules last. */
export function inboundRules(arm: Arm, group: Resource): JsonObject[] {
  const own = arm.store.ofType(securityRules.type, group.id).map(({ properties }) => properties);
  const defaults = defaultRules(group)
    .filter(isObject)
    .map((rule) => objectIn(rule, "properties"));
  return [...own, ...defaults]
    .filter((one) => textIn(one, "direction")?.toLowerCase() === "inbound")
    .sort((one, other) => Number(one["priority"]) - Number(other["priority"]));
}

function fits(rule: JsonObject, { protocol, port, from }: Packet, isFromOutside: boolean): boolean {
  const wantedProtocol = textIn(rule, "protocol")?.toLowerCase() ?? "";
  return (
    ["*", protocol.toLowerCase()].includes(wantedProtocol) &&
    listOf(rule, "destinationPortRange").some((range) => isPortIn(range, port)) &&
    listOf(rule, "sourceAddressPrefix").some((prefix) => isSourceIn(prefix, from, isFromOutside))
  );
}

/** The values of a field that may be one or many. */
export function listOf(rule: JsonObject, field: string): string[] {
  const many = rule[`${field}${field.endsWith("x") ? "es" : "s"}`];
  const one = rule[field];
  return [one, ...(Array.isArray(many) ? many : [])].filter((value) => typeof value === "string");
}

function isPortIn(range: string, port: number): boolean {
  const [from = "", to = from] = range.split("-");
  return range === "*" || (Number(from) <= port && port <= Number(to));
}

function isSourceIn(prefix: string, address: string, isFromOutside: boolean): boolean {
  switch (prefix.toLowerCase()) {
    case "*":
    case "any":
      return true;
    case "internet":
      return isFromOutside;
    case "virtualnetwork":
      return !isFromOutside;
    default: {
      const range = parseSubnet(prefix.includes("/") ? prefix : `${prefix}/32`);
      return range !== undefined && contains(range, address);
    }
  }
}
