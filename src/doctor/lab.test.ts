import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { judgeLab } from "./lab.ts";
import { troubles } from "./troubles.ts";

void describe("judgeLab()", () => {
  const part = { name: "etcd", state: "ready", restarts: 0, since: "" } as const;
  const lab = undefined;
  const rows = [
    { given: "all parts", status: { state: "up", lab, parts: [part] }, expected: [] },
    {
      given: "none",
      status: { state: "absent", lab, parts: [] },
      expected: ["red lab: there is none here, and no other tailnet was named"],
    },
    { given: "a stopped one", status: { state: "down", lab, parts: [] }, expected: ["red lab: it is down"] },
    {
      given: "a failed part",
      status: {
        state: "failing",
        lab,
        parts: [part, { ...part, name: "derper", state: "failed", lastError: "no port" }],
      },
      expected: ["red lab: failing", "red derper: failed: no port"],
    },
    {
      given: "a part that keeps ending",
      status: { state: "up", lab, parts: [{ ...part, restarts: 12 }] },
      expected: ["warning etcd: started again 12 times"],
    },
  ] as const;
  for (const { given, status, expected } of rows) {
    void it(`given ${given}`, () => {
      assert.deepEqual(troubles(judgeLab({ ...status, parts: [...status.parts] }, "/lab")), expected);
    });
  }
});
