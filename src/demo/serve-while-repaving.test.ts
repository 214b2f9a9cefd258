import assert from "node:assert/strict";
import { it } from "node:test";
import { FakeClock } from "../lib/fake-clock.ts";
import { countAnswersWhile } from "./serve-while-repaving.ts";

void it("countAnswersWhile() counts answers, misses and the longest gap, and ends with the work", async () => {
  const work = Promise.withResolvers<void>();
  const clock = new FakeClock();
  let asked = 0;

  const served = await countAnswersWhile(
    async () => {
      asked++;
      if (asked === 6) work.resolve();
      if (asked === 3 || asked === 4) throw new Error("no answer");
      await Promise.resolve();
    },
    work.promise,
    clock,
  );

  assert.equal(served.asked, asked);
  assert.equal(served.answered, asked - 2);
  assert.equal(served.longestGapMs, 750);
});

void it("countAnswersWhile() passes the work's error on", async () => {
  await assert.rejects(
    countAnswersWhile(() => Promise.resolve(), Promise.reject(new Error("repave failed")), new FakeClock()),
    /repave failed/,
  );
});
