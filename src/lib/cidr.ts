import { Address4 } from "ip-address";

/** An IPv4 subnet, for instance 192.168.100.0/24. */
export interface Subnet {
  /** As people write it: network address and prefix length. */
  cidr: string;
  prefixLength: number;
  first: bigint;
  last: bigint;
}

/** The subnet that a text names, or undefined where it names none (an address inside one is not enough). */
export function parseSubnet(text: string): Subnet | undefined {
  if (!Address4.isValid(text) || !text.includes("/")) return undefined;
  const address = new Address4(text);
  const start = address.startAddress();
  if (start.correctForm() !== address.correctForm()) return undefined;
  return {
    cidr: `${start.correctForm()}/${address.subnetMask}`,
    prefixLength: address.subnetMask,
    first: start.bigInt(),
    last: address.endAddress().bigInt(),
  };
}

/** The subnet of an address with a length: 192.168.1.0/24 for 192.168.1.7/24. */
export function networkOf(addressInSubnet: string): string {
  const address = new Address4(addressInSubnet);
  return `${address.startAddress().correctForm()}/${address.subnetMask}`;
}

/** The address at this place of a subnet: 0 is the network's own, 1 the first for a host. */
export function addressAt(subnet: Subnet, index: number): string {
  return Address4.fromBigInt(subnet.first + BigInt(index)).correctForm();
}

/** True where two subnets share an address. */
export function overlaps(one: Subnet, other: Subnet): boolean {
  return one.first <= other.last && other.first <= one.last;
}

/** True for an IPv4 address inside the subnet. */
export function contains(subnet: Subnet, address: string): boolean {
  if (!Address4.isValid(address)) return false;
  const value = new Address4(address).bigInt();
  return subnet.first <= value && value <= subnet.last;
}
