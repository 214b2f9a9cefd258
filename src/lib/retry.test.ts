import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StargateError } from "./errors.ts";
import { FakeClock } from "./fake-clock.ts";
import { retry } from "./retry.ts";

const notYet = (text = "not yet") => new StargateError("NotYet", text, { retriable: true });

void describe("retry()", () => {
  void it("returns the first result and doubles the waits up to the limit", async () => {
    const clock = new FakeClock();

    const result = await retry(
      async (attempt) => {
        await Promise.resolve();
        if (attempt < 5) throw notYet();
        return attempt;
      },
      { timeoutMs: 60_000, clock, minDelayMs: 100, maxDelayMs: 400, random: () => 1 },
    );

    assert.equal(result, 5);
    assert.deepEqual(clock.sleeps, [100, 200, 400, 400]);
  });

  void it("ends with the last error when the next wait would pass the time limit", async () => {
    const clock = new FakeClock();
    let attempts = 0;

    await assert.rejects(
      retry(() => Promise.reject(notYet(`try ${++attempts}`)), {
        timeoutMs: 1_000,
        clock,
        minDelayMs: 300,
        random: () => 1,
      }),
      /try 3/,
    );
    assert.deepEqual(clock.sleeps, [300, 600]);
  });

  void it("ends at once with an error that is final", async () => {
    const clock = new FakeClock();

    await assert.rejects(
      retry(() => Promise.reject(new StargateError("Never", "wrong key")), { timeoutMs: 1_000, clock }),
      /wrong key/,
    );
    assert.deepEqual(clock.sleeps, []);
  });

  void it("ends when the signal aborts, with the signal's reason", async () => {
    const stop = new AbortController();

    await assert.rejects(
      retry(
        () => {
          stop.abort();
          return Promise.reject(notYet());
        },
        { timeoutMs: 1_000, clock: new FakeClock(), signal: stop.signal },
      ),
      { name: "AbortError" },
    );
  });
});
