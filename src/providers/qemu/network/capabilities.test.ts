import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCapabilities } from "./capabilities.ts";

void describe("hasCapabilities()", () => {
  const cases: [name: string, mask: string, expected: boolean][] = [
    ["root has them", "000001ffffffffff", true],
    ["an ordinary user has none", "0000000000000000", false],
    ["root in a container has not", "00000000a80425fb", false],
    ["one of the two is not enough", "0000000000001000", false],
  ];
  for (const [name, mask, expected] of cases) {
    void it(name, () => {
      assert.equal(hasCapabilities(`Name:\tnode\nCapEff:\t${mask}\n`), expected);
    });
  }
});
