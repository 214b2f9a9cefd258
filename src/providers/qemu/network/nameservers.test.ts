import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseNameservers } from "./nameservers.ts";

void describe("parseNameservers()", () => {
  const cases: [name: string, text: string, found: string[]][] = [
    [
      "finds each",
      "search example.org\nnameserver 192.0.2.53\nnameserver 192.0.2.54\n",
      ["192.0.2.53", "192.0.2.54"],
    ],
    ["leaves out this host's own", "nameserver 127.0.0.53\noptions edns0", []],
    ["leaves out IPv6 and comments", "nameserver fd00::1\n# nameserver 192.0.2.53\n", []],
    ["finds none in nothing", "", []],
  ];
  for (const [name, text, found] of cases) {
    void it(name, () => {
      assert.deepEqual(parseNameservers(text), found);
    });
  }
});
