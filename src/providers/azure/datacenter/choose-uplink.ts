import { addressAt, overlaps, parseSubnet, type Subnet } from "../../../lib/cidr.ts";

/** The smallest subnet that is comfortable: Azure keeps five addresses for itself, the router needs one. */
const PREFIX_LENGTH = 28;
const SIZE = 2 ** (32 - PREFIX_LENGTH);

/**
 * The last free /28 of the address ranges: far from where people put their subnets. Undefined where there is none.
 * Pure.
 */
export function chooseUplinkCidr(ranges: readonly string[], taken: readonly string[]): string | undefined {
  const others = taken.flatMap((cidr) => parseSubnet(cidr) ?? []);
  for (const range of ranges.flatMap((cidr) => parseSubnet(cidr) ?? [])) {
    const blocks = Math.floor(Number(range.last - range.first + 1n) / SIZE);
    for (let index = blocks - 1; index >= 0; index--) {
      const block = blockAt(range, index);
      const inTheWay = others.find((other) => overlaps(other, block));
      if (inTheWay === undefined) return block.cidr;
      // Straight to the block before what is in the way, which can be large.
      index = Math.min(index, Math.floor(Number(inTheWay.first - range.first) / SIZE));
    }
  }
  return undefined;
}

function blockAt(range: Subnet, index: number): Subnet {
  const cidr = `${addressAt(range, index * SIZE)}/${PREFIX_LENGTH}`;
  const block = parseSubnet(cidr);
  if (block === undefined) throw new RangeError(`${cidr} is no subnet`);
  return block;
}
