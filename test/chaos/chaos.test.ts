import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { hostsAreMissing } from "../hosts/start-host.ts";
import { planOf } from "./plan.ts";
import { carryOut } from "./run.ts";
import { Site } from "./site.ts";

/** STARGATE_CHAOS_RUNS: how many seeds; STARGATE_CHAOS_SEED: the first of them, alone unless runs are given too. */
const { STARGATE_CHAOS_RUNS: runs, STARGATE_CHAOS_SEED: seed, STARGATE_CHAOS_LANES: lanes } = process.env;
const first = Number(seed ?? "0");
const count = Number(runs ?? (seed === undefined ? "20" : "1"));
/** More at once would only wait for each other on two cores. */
const LANES = Number(lanes ?? "5");

void describe("Operations whatever goes wrong", { skip: hostsAreMissing, concurrency: LANES }, () => {
  let site: Site;
  const elections = { planned: 0, takeovers: 0 };
  before(async () => {
    site = await Site.start();
  });
  after(async () => {
    // One alone may have ended before its leader was to be lost.
    if (elections.planned > 2)
      assert.ok(elections.takeovers > elections.planned / 2, "leaders were not lost");
    await site[Symbol.asyncDispose]();
  });

  for (let index = first; index < first + count; index++) {
    const plan = planOf(index);
    if (plan.elects) elections.planned++;
    void it(`seed ${index}`, async () => {
      const { wrong, timeline, takeovers } = await carryOut(plan, site);

      if (plan.elects) elections.takeovers += takeovers;
      assert.deepEqual(wrong, [], `seed ${index} (STARGATE_CHAOS_SEED=${index}):\n${timeline}\n`);
    });
  }
});
