import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { macAddressFor } from "./mac-address.ts";

void describe("macAddressFor()", () => {
  void it("gives a locally administered address of one station, always the same", () => {
    const address = macAddressFor("r1", "w1", "lan");

    assert.match(address, /^02(:[0-9a-f]{2}){5}$/);
    assert.equal(macAddressFor("r1", "w1", "lan"), address);
  });

  void it("differs by router, VM and card", () => {
    const addresses = [
      macAddressFor("r1", "w1", "lan"),
      macAddressFor("r2", "w1", "lan"),
      macAddressFor("r1", "w2", "lan"),
      macAddressFor("r1", "w1", "uplink"),
    ];

    assert.equal(new Set(addresses).size, addresses.length);
  });
});
