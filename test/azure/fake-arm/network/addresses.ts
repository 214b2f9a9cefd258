import { addressAt, contains, parseSubnet, type Subnet } from "../../../../src/lib/cidr.ts";
import type { Arm } from "../core/arm.ts";
import { networkError } from "../core/arm-error.ts";
import { objectIn, objectsIn, referenceIn, textIn, type JsonObject } from "../core/json.ts";
import { isSameId, type Resource } from "../core/store.ts";

/** Azure keeps the first four addresses of each subnet, and the last. */
const RESERVED_AT_START = 4;

/** A range as a body gives it: throws where it is no network in CIDR notation. */
export function readRange(prefix: string, ownerId: string): Subnet {
  const range = parseSubnet(prefix);
  if (range !== undefined) return range;
  const [address = "", length = ""] = prefix.split("/");
  const looksRight =
    /^(\d{1,3}\.){3}\d{1,3}$/.test(address) && /^\d{1,2}$/.test(length) && Number(length) <= 32;
  if (!looksRight) {
    throw networkError(
      400,
      "InvalidAddressPrefixFormat",
      `Address prefix ${prefix} of resource ${ownerId} is not formatted correctly. It should follow CIDR notation, for example 10.0.0.0/24.`,
    );
  }
  throw networkError(
    400,
    "InvalidCIDRNotation",
    `The address prefix ${prefix} in resource ${ownerId} has an invalid CIDR notation.`,
  );
}

/** The ranges of a subnet or of a network's address space. */
export function rangesOf(properties: JsonObject, ownerId: string): Subnet[] {
  const one = textIn(properties, "addressPrefix");
  const many = properties["addressPrefixes"];
  const prefixes = [
    ...(one === undefined ? [] : [one]),
    ...(Array.isArray(many) ? many.filter((prefix) => typeof prefix === "string") : []),
  ];
  return [...new Set(prefixes)].map((prefix) => readRange(prefix, ownerId));
}

/** An IP configuration of an interface, with its id. */
export interface IpConfiguration {
  id: string;
  nic: Resource;
  body: JsonObject;
}

export function ipConfigurationsOf(nic: Resource): IpConfiguration[] {
  return (objectsIn(nic.properties, "ipConfigurations") ?? []).map((body) => ({
    id: `${nic.id}/ipConfigurations/${textIn(body, "name") ?? ""}`,
    nic,
    body,
  }));
}

function everyIpConfiguration(arm: Arm): IpConfiguration[] {
  return arm.store.ofType("Microsoft.Network/networkInterfaces").flatMap(ipConfigurationsOf);
}

/** What takes an address of the subnet. */
export function ipConfigurationsIn(arm: Arm, subnetId: string): IpConfiguration[] {
  return everyIpConfiguration(arm).filter(({ body }) =>
    isSameId(referenceIn(objectIn(body, "properties"), "subnet"), subnetId),
  );
}

export function ipConfigurationsWithPublicIp(arm: Arm, publicIpId: string): IpConfiguration[] {
  return everyIpConfiguration(arm).filter(({ body }) =>
    isSameId(referenceIn(objectIn(body, "properties"), "publicIPAddress"), publicIpId),
  );
}

export function addressOf({ body }: IpConfiguration): string | undefined {
  return textIn(objectIn(body, "properties"), "privateIPAddress");
}

/** Throws where Azure would not give this address to this IP configuration. */
export function checkStaticAddress(
  arm: Arm,
  subnet: Resource,
  configurationId: string,
  address: string,
): void {
  const range = rangesOf(subnet.properties, subnet.id).find((one) => contains(one, address));
  if (range === undefined) {
    const prefixes = rangesOf(subnet.properties, subnet.id).map(({ cidr }) => cidr);
    throw networkError(
      400,
      "PrivateIPAddressNotInSubnet",
      `Private static IP address ${address} does not belong to the range of subnet prefix ${prefixes.join(",")}.`,
    );
  }
  if (isReserved(range, address)) {
    throw networkError(
      400,
      "PrivateIPAddressInReservedRange",
      `Private static IP address ${address} falls within reserved IP range of subnet prefix ${range.cidr}.`,
    );
  }
  const owner = ipConfigurationsIn(arm, subnet.id).find(
    (one) => addressOf(one) === address && !isSameId(one.id, configurationId),
  );
  if (owner === undefined) return;
  throw networkError(
    400,
    "PrivateIPAddressIsAllocated",
    `IP configuration ${configurationId} is using the private IP address ${address} which is already allocated to resource ${owner.id}.`,
  );
}

function isReserved(range: Subnet, address: string): boolean {
  const reserved = [0, 1, 2, 3].map((index) => addressAt(range, index));
  return [...reserved, addressAt(range, Number(range.last - range.first))].includes(address);
}

/** The lowest address that nobody has. */
export function nextFreeAddress(arm: Arm, subnet: Resource, taken: readonly string[]): string {
  const used = new Set([...ipConfigurationsIn(arm, subnet.id).map(addressOf), ...taken]);
  for (const range of rangesOf(subnet.properties, subnet.id)) {
    const size = Number(range.last - range.first);
    for (let index = RESERVED_AT_START; index < size; index++) {
      const address = addressAt(range, index);
      if (!used.has(address)) return address;
    }
  }
  throw networkError(
    400,
    "SubnetIsFull",
    `Subnet ${subnet.name} with address prefix ${rangesOf(subnet.properties, subnet.id)[0]?.cidr} does not have enough capacity for 1 IP addresses.`,
  );
}
