import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findDroppingChain } from "./firewall.ts";

void describe("findDroppingChain()", () => {
  const json = JSON.stringify({
    nftables: [
      { metainfo: { version: "1.0.6" } },
      { chain: { family: "ip", table: "nat", name: "POSTROUTING", hook: "postrouting", policy: "accept" } },
      { chain: { family: "ip", table: "filter", name: "DOCKER-USER" } },
      { chain: { family: "ip", table: "filter", name: "INPUT", hook: "input", policy: "accept" } },
      { chain: { family: "ip", table: "filter", name: "FORWARD", hook: "forward", policy: "drop" } },
    ],
  });

  void it("names the table and chain that drop what is forwarded", () => {
    assert.equal(findDroppingChain(json, "forward"), "table filter, chain FORWARD");
  });

  void it("finds nothing where nothing is dropped", () => {
    assert.equal(findDroppingChain(json, "input"), undefined);
    assert.equal(findDroppingChain('{"nftables": []}', "forward"), undefined);
  });
});
