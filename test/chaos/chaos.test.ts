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
  before(async () => {
    site = await Site.start();
  });
  after(async () => {
    await site[Symbol.asyncDispose]();
  });

  for (let index = first; index < first + count; index++) {
    void it(`seed ${index}`, async () => {
      const { wrong, timeline } = await carryOut(planOf(index), site);

      assert.deepEqual(wrong, [], `seed ${index} (STARGATE_CHAOS_SEED=${index}):\n${timeline}\n`);
    });
  }
});
