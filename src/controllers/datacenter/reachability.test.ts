import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../lib/fake-clock.ts";
import { Reachability } from "./reachability.ts";

const place = { uid: "uid-of-vm-1", host: "192.168.100.10", port: 22 };
const PROBLEM = "no answer";

void test("Reachability takes one failure for chance and two for news", () => {
  const reachability = new Reachability(new FakeClock());
  reachability.record(place, undefined);

  const first = reachability.record(place, PROBLEM);
  assert.deepEqual(first, { isNews: false, isSettled: false, failures: 1 });
  assert.deepEqual(reachability.of(place), { kind: "reachable" });

  const second = reachability.record(place, PROBLEM);
  assert.deepEqual(second, { isNews: true, isSettled: true, failures: 2 });
  assert.deepEqual(reachability.of(place), { kind: "unreachable", problem: PROBLEM });

  assert.deepEqual(reachability.record(place, undefined), { isNews: true, isSettled: true, failures: 0 });
  assert.deepEqual(reachability.of(place), { kind: "reachable" });
});

void test("Reachability remembers the last answer, and the first failure since", () => {
  const clock = new FakeClock(1_000);
  const reachability = new Reachability(clock);
  for (const problem of [undefined, PROBLEM, PROBLEM]) {
    reachability.record(place, problem);
    clock.advance(10);
  }

  assert.deepEqual(reachability.times(place), { answeredMs: 1_000, failedMs: 1_010 });
});

void test("Reachability knows nothing of a server at another address", () => {
  const reachability = new Reachability(new FakeClock());
  reachability.record(place, undefined);
  const elsewhere = { ...place, host: "192.168.100.99" };

  assert.deepEqual(reachability.of(elsewhere), { kind: "unknown" });
  assert.deepEqual(reachability.record(elsewhere, PROBLEM), {
    isNews: false,
    isSettled: false,
    failures: 1,
  });
  reachability.forget(place.uid);
  assert.deepEqual(reachability.of(place), { kind: "unknown" });
});
