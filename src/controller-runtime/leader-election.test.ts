import assert from "node:assert/strict";
import { test } from "node:test";
import { StargateError } from "../lib/errors.ts";
import { FakeClock } from "../lib/fake-clock.ts";
import { silentLog } from "../lib/log.ts";
import { lead, type LeaseContent, type LeaseRecord, type LeaseStore } from "./leader-election.ts";

/** A Lease in memory. */
class FakeLease implements LeaseStore {
  record: LeaseRecord | undefined;
  failure: Error | undefined;
  /** Called before each read: the test's chance to be somebody else. */
  onRead: () => void = () => undefined;
  #version = 0;

  put(content: Partial<LeaseContent>): void {
    const base = { holder: "", durationMs: 15_000, acquiredAtMs: 0, renewedAtMs: 0, transitions: 0 };
    this.record = { ...base, ...this.record, ...content, resourceVersion: String(++this.#version) };
  }

  async read(): Promise<LeaseRecord | undefined> {
    this.onRead();
    if (this.failure) throw this.failure;
    return Promise.resolve(this.record);
  }

  async create(content: LeaseContent): Promise<void> {
    if (this.record) throw new StargateError("ApiAlreadyExists", "it exists");
    this.put(content);
    await Promise.resolve();
  }

  async update(content: LeaseContent, resourceVersion: string): Promise<void> {
    if (this.record?.resourceVersion !== resourceVersion) throw new StargateError("ApiConflict", "changed");
    this.put(content);
    await Promise.resolve();
  }
}

function scene() {
  const store = new FakeLease();
  const clock = new FakeClock();
  const stop = new AbortController();
  const changes: boolean[] = [];
  const onChange = (isLeader: boolean): void => void changes.push(isLeader);
  const options = { store, clock, identity: "me", log: silentLog, signal: stop.signal, onChange };
  return { store, clock, stop, options, changes };
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

void test("lead() makes the lease, works, and gives it back", async () => {
  const { store, options, changes } = scene();
  let holder: string | undefined;

  await lead(options, async () => {
    holder = store.record?.holder;
    await Promise.resolve();
  });

  assert.equal(holder, "me");
  assert.equal(store.record?.holder, "");
  assert.deepEqual(changes, [true, false]);
});

void test("lead() waits while the holder renews, and takes over when it has been silent for the lease's time", async () => {
  const { store, clock, options } = scene();
  store.put({ holder: "other", renewedAtMs: clock.now(), transitions: 4 });
  let reads = 0;
  store.onRead = () => {
    if (++reads <= 10) store.put({ renewedAtMs: clock.now() }); // alive for ten looks
  };
  const startedMs = clock.now();

  await lead(options, () => Promise.resolve());

  assert.equal((store.record?.acquiredAtMs ?? 0) - startedMs, 9 * 2_000 + 16_000);
  assert.equal(store.record?.transitions, 5);
});

void test("lead() trusts its own clock: a holder whose clock is behind is not robbed while it renews", async () => {
  const { store, clock, stop, options } = scene();
  let reads = 0;
  store.onRead = () => {
    store.put({ holder: "other", renewedAtMs: clock.now() - 30_000 });
    if (++reads === 20) stop.abort();
  };

  await lead(options, () => assert.fail("it is not our turn"));

  assert.equal(store.record?.holder, "other");
});

void test("lead() trusts its own clock: a holder whose clock is behind by an hour is not robbed either", async () => {
  const { store, clock, stop, options } = scene();
  let reads = 0;
  store.onRead = () => {
    store.put({ holder: "other", renewedAtMs: clock.now() - 3_600_000 });
    if (++reads === 20) stop.abort();
  };

  await lead(options, () => assert.fail("it is not our turn"));

  assert.equal(store.record?.holder, "other");
});

void test("lead() takes a lease whose holder says nothing for its time, also where that says it ran out long ago", async () => {
  const { store, clock, options } = scene();
  store.put({ holder: "dead", renewedAtMs: clock.now() - 3_600_000 });
  const startedMs = clock.now();

  await lead(options, () => Promise.resolve());

  assert.equal((store.record?.acquiredAtMs ?? 0) - startedMs, 16_000);
});

void test("lead() gives its own lease again the time that it is told now", async () => {
  const { store, options } = scene();
  store.put({ holder: "me", durationMs: 60_000 });

  await lead({ ...options, durationMs: 20_000 }, async () => {
    assert.equal(store.record?.durationMs, 20_000);
    await Promise.resolve();
  });
});

void test("lead() goes on trying while the API server cannot be reached", async () => {
  const { store, options } = scene();
  store.failure = new StargateError("ApiUnavailable", "no answer", { retriable: true });
  let reads = 0;
  store.onRead = () => {
    if (++reads === 5) store.failure = undefined;
  };
  let hasWorked = false;

  await lead(options, () => Promise.resolve(void (hasWorked = true)));

  assert.equal(hasWorked, true);
});

void test("lead() stops the work, then throws LeaseLost, when it could not renew in time", async () => {
  const { store, clock, options, changes } = scene();
  let stoppedAfterMs = 0;
  const work = async (signal: AbortSignal): Promise<void> => {
    store.failure = new StargateError("ApiUnavailable", "no answer", { retriable: true });
    await untilAborted(signal);
    stoppedAfterMs = clock.now() - (store.record?.renewedAtMs ?? 0);
  };

  await assert.rejects(lead(options, work), { reason: "LeaseLost", message: /no answer/ });

  assert.ok(stoppedAfterMs >= 10_000 && stoppedAfterMs < 15_000, `stopped after ${stoppedAfterMs} ms`);
  assert.deepEqual(changes, [true, false]);
});

void test("lead() counts its time from before it asked: slow answers make it no longer", async () => {
  const { store, clock, options } = scene();
  let stoppedAfterMs = 0;
  const work = async (signal: AbortSignal): Promise<void> => {
    const askedMs: number[] = [];
    store.onRead = () => {
      askedMs.push(clock.now());
      if (askedMs.length === 1)
        clock.advance(4_000); // an answer that comes, and late
      else store.failure = new StargateError("ApiUnavailable", "no answer", { retriable: true });
    };
    await untilAborted(signal);
    stoppedAfterMs = clock.now() - (askedMs[0] ?? 0);
  };

  await assert.rejects(lead(options, work), { reason: "LeaseLost" });

  assert.equal(stoppedAfterMs, 10_000);
});

void test("lead() does not wait for an answer that never comes", async () => {
  const { store, clock, options } = scene();
  const times = { durationMs: 60, renewDeadlineMs: 40, retryMs: 1 };
  const work = async (signal: AbortSignal): Promise<void> => {
    store.read = async () => {
      clock.advance(20);
      return new Promise(() => undefined);
    };
    await untilAborted(signal);
  };

  await assert.rejects(lead({ ...options, ...times }, work), { reason: "LeaseLost", message: /timeout/ });
});

void test("lead() that was stopped for longer than its time asks nobody whether it still leads", async () => {
  const { store, clock, options } = scene();
  const work = async (signal: AbortSignal): Promise<void> => {
    clock.advance(60_000);
    store.onRead = () => assert.fail("it asks");
    await untilAborted(signal);
  };

  await assert.rejects(lead(options, work), {
    reason: "LeaseLost",
    message: /nothing was done for too long/,
  });
});

void test("lead() stops at once when somebody else holds the lease", async () => {
  const { store, options } = scene();
  const work = async (signal: AbortSignal): Promise<void> => {
    store.put({ holder: "robber" });
    await untilAborted(signal);
  };

  await assert.rejects(lead(options, work), { reason: "LeaseLost" });

  assert.equal(store.record?.holder, "robber");
});

void test("lead() gives the lease back when the work throws, and throws what it threw", async () => {
  const { store, options } = scene();

  await assert.rejects(
    lead(options, () => Promise.reject(new Error("a bug"))),
    /a bug/,
  );

  assert.equal(store.record?.holder, "");
});
