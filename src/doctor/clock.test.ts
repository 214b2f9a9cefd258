import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { judgeClock } from "./clock.ts";

void describe("judgeClock()", () => {
  const rows = [
    { ahead: 900, expected: "ok the same" },
    { ahead: 4_000, expected: "ok this host is 4 s ahead" },
    { ahead: -6_000, expected: "warning this host is 6 s behind" },
    { ahead: 3_600_000, expected: "red this host is 3600 s ahead" },
  ];
  for (const { ahead, expected } of rows) {
    void it(`given ${ahead} ms`, () => {
      const { state, found } = judgeClock({ whose: "the API server", aheadMs: { value: ahead } });
      assert.equal(`${state} ${found}`, expected);
    });
  }

  void it("skips a clock that cannot be read", () => {
    assert.equal(judgeClock({ whose: "x", aheadMs: { error: new Error("no") } }).state, "skipped");
  });
});
