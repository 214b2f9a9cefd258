import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { addressAt, contains, networkOf, overlaps, parseSubnet, type Subnet } from "./cidr.ts";

function subnet(text: string): Subnet {
  const parsed = parseSubnet(text);
  assert.ok(parsed, text);
  return parsed;
}

void describe("cidr", () => {
  for (const text of ["10.0.0.1/24", "10.0.0.0", "10.0.0/24", "10.0.0.0/33", "::1/64", "", "a/b"]) {
    void it(`parseSubnet() refuses ${JSON.stringify(text)}`, () => {
      assert.equal(parseSubnet(text), undefined);
    });
  }

  void it("addressAt() counts from the network's address, over byte borders too", () => {
    assert.equal(addressAt(subnet("192.168.100.0/24"), 10), "192.168.100.10");
    assert.equal(addressAt(subnet("10.0.0.0/16"), 256), "10.0.1.0");
  });

  void it("networkOf() takes the host's part off", () => {
    assert.equal(networkOf("192.168.100.7/24"), "192.168.100.0/24");
    assert.equal(networkOf("10.1.2.3/15"), "10.0.0.0/15");
  });

  const pairs: [string, string, boolean][] = [
    ["10.0.0.0/24", "10.0.1.0/24", false],
    ["10.0.0.0/16", "10.0.1.0/24", true],
    ["10.0.1.0/24", "10.0.0.0/16", true],
    ["10.0.0.0/24", "10.0.0.0/24", true],
    ["0.0.0.0/0", "192.168.0.0/24", true],
  ];
  for (const [one, other, expected] of pairs) {
    void it(`overlaps() is ${expected} for ${one} and ${other}`, () => {
      assert.equal(overlaps(subnet(one), subnet(other)), expected);
    });
  }

  void it("contains() takes first and last address, and no text that is no address", () => {
    const small = subnet("10.0.0.0/30");

    assert.deepEqual(
      ["10.0.0.0", "10.0.0.3", "10.0.0.4", "nonsense"].map((address) => contains(small, address)),
      [true, true, false, false],
    );
  });
});
