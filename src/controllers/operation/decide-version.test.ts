import assert from "node:assert/strict";
import { test } from "node:test";
import { decideVersion } from "./decide-version.ts";

const rows: [wanted: string, mx: string, says: "install" | RegExp][] = [
  ["1.37", "v1.37.2", "install"],
  ["1.37.2", "v1.37.2", "install"],
  ["1.37.5", "v1.37.2", "install"], // the policy counts minors
  ["1.34", "v1.37.2", "install"],
  ["1.34.4", "v1.37.2+k3s1", "install"],
  ["1.37", "v1.38.0-alpha.1", "install"],
  ["1.38", "v1.37.2", /1\.38 is newer than the control plane's v1\.37\.2.*1\.34 … 1\.37/],
  ["1.100.0", "v1.37.2", /newer/],
  ["1.33.9", "v1.37.2", /1\.33\.9 is more than 3 minor versions older/],
  ["1.3", "v1.37.2", /older/],
  ["1.31", "v1.33.1", "install"],
  ["1.30", "v1.33.1", /1\.30 is too old.*1\.31 … 1\.33/],
  ["1.37", "", /Cannot compare/],
  ["1.37", "v2.0.0", /Cannot compare/],
];

for (const [wanted, mx, says] of rows) {
  void test(`decideVersion() of ${wanted} with a control plane ${mx} says ${String(says)}`, () => {
    const decision = decideVersion(wanted, mx);

    if (says === "install") assert.deepEqual(decision, { kind: "install", version: wanted });
    else assert.match(decision.kind === "refuse" ? decision.message : "", says);
  });
}
