import { parseSubnet } from "../../../src/lib/cidr.ts";
import type { Arm } from "../fake-arm/core/arm.ts";
import { textIn, type JsonObject } from "../fake-arm/core/json.ts";
import type { Resource } from "../fake-arm/core/store.ts";
import { groupsOf, inboundRules, listOf } from "../fake-arm/network/admission.ts";

/** An interface, by the address at which the fabric hands it packets. */
export interface Guarded {
  nic: Resource;
  address: string;
}

/**
 * What the security groups let in, as chains of nftables: one for each group, and "admit", which sends each packet
 * through those that stand before the interface it goes to. Decides as admission.ts does, but for answers, which
 * are let through before.
 */
export function renderSecurity(arm: Arm, guarded: readonly Guarded[], vnetCidrs: readonly string[]): string {
  const groups = new Map<string, Resource>();
  const lines: string[] = [];
  for (const { nic, address } of guarded) {
    const found = groupsOf(arm, nic).groups;
    for (const group of found) groups.set(group.id.toLowerCase(), group);
    if (found.length === 0) lines.push(`rt ip nexthop ${address} ip saddr != ${setOf(vnetCidrs)} drop`);
    for (const group of found) lines.push(`rt ip nexthop ${address} jump ${chainOf(groups, group)}`);
  }
  const chains = [...groups.values()].map((group) =>
    chain(
      chainOf(groups, group),
      inboundRules(arm, group).flatMap((rule) => ruleLines(rule, vnetCidrs)),
    ),
  );
  return [...chains, chain("admit", lines)].join("\n");
}

function chainOf(groups: ReadonlyMap<string, Resource>, group: Resource): string {
  return `group${[...groups.keys()].indexOf(group.id.toLowerCase())}`;
}

function chain(name: string, lines: readonly string[]): string {
  return [`  chain ${name} {`, ...lines.map((line) => `    ${line}`), "  }"].join("\n");
}

function ruleLines(rule: JsonObject, vnetCidrs: readonly string[]): string[] {
  const verdict = textIn(rule, "access")?.toLowerCase() === "allow" ? "return" : "drop";
  const ports = portsOf(rule);
  return listOf(rule, "sourceAddressPrefix").flatMap((prefix) => {
    const source = sourceOf(prefix, vnetCidrs);
    if (source === undefined) return [];
    return protocolsOf(rule).map((protocol) =>
      [source, matchOf(protocol, ports), verdict].filter((part) => part !== "").join(" "),
    );
  });
}

/** "" for every protocol. With ports, which not every protocol has, each that has them. */
function protocolsOf(rule: JsonObject): string[] {
  const protocol = textIn(rule, "protocol")?.toLowerCase() ?? "*";
  if (protocol !== "*") return [protocol];
  return portsOf(rule) === undefined ? [""] : ["tcp", "udp"];
}

function matchOf(protocol: string, ports: string | undefined): string {
  if (protocol === "") return "";
  return ports === undefined || protocol === "icmp"
    ? `meta l4proto ${protocol}`
    : `${protocol} dport ${ports}`;
}

function portsOf(rule: JsonObject): string | undefined {
  const ranges = listOf(rule, "destinationPortRange");
  return ranges.includes("*") || ranges.length === 0 ? undefined : `{ ${ranges.join(", ")} }`;
}

/** "" for everybody; undefined for whom there is none of here. */
function sourceOf(prefix: string, vnetCidrs: readonly string[]): string | undefined {
  switch (prefix.toLowerCase()) {
    case "*":
    case "any":
      return "";
    case "internet":
      return `ip saddr != ${setOf(vnetCidrs)}`;
    case "virtualnetwork":
      return `ip saddr ${setOf(vnetCidrs)}`;
    default:
      return parseSubnet(prefix.includes("/") ? prefix : `${prefix}/32`) === undefined
        ? undefined
        : `ip saddr ${prefix}`;
  }
}

function setOf(cidrs: readonly string[]): string {
  return `{ ${cidrs.join(", ")} }`;
}
