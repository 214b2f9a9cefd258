import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { lead } from "../../src/controller-runtime/leader-election.ts";
import { silentLog } from "../../src/lib/log.ts";
import { leaseStore } from "../../src/kubernetes/lease-store.ts";
import { leases } from "../../src/kubernetes/resources.ts";
import { Lease } from "../../src/kubernetes/schemas.ts";
import { startApiServer, type TestApiServer } from "./start-api-server.ts";

let server: TestApiServer;
const ref = { namespace: "default", name: "test-controller" };

before(async () => {
  server = await startApiServer();
});
after(() => server.stop());

class Candidate {
  readonly identity: string;
  readonly stop = new AbortController();
  readonly #leading = Promise.withResolvers<undefined>();
  readonly leading = this.#leading.promise;
  isLeading = false;
  readonly ended: Promise<void>;

  constructor(identity: string, durationMs: number) {
    this.identity = identity;
    this.ended = lead(
      {
        store: leaseStore(server.client, ref),
        identity,
        log: silentLog,
        signal: this.stop.signal,
        durationMs,
        renewDeadlineMs: 1_200,
        retryMs: 100,
        onChange: (isLeader) => void (this.isLeading = isLeader),
      },
      async (signal) => {
        this.#leading.resolve(undefined);
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      },
    );
    this.ended.catch(() => undefined);
  }
}

void test("Of two candidates one leads, and the other takes over at once when the first one stops", async () => {
  const first = new Candidate("first", 60_000);
  await first.leading;
  const second = new Candidate("second", 60_000);
  assert.equal(second.isLeading, false);

  const stoppedAt = performance.now();
  first.stop.abort();
  await first.ended;
  assert.equal(second.isLeading, false, "the lease is given back after the work has ended");
  await second.leading;

  const { spec } = await server.client.get(leases, ref, Lease);
  assert.equal(spec.holderIdentity, "second");
  assert.ok(performance.now() - stoppedAt < 30_000, "it did not wait for the lease to run out");
  second.stop.abort();
  await second.ended;
});

void test("A leader that cannot renew stops working before another may begin", async () => {
  const leader = new Candidate("cut-off", 2_000);
  await leader.leading;

  await server.kill();
  await assert.rejects(leader.ended, { reason: "LeaseLost" });
  assert.equal(leader.isLeading, false);

  await server.start();
  const next = new Candidate("next", 2_000);
  await next.leading;
  next.stop.abort();
  await next.ended;
});

void test("A leader whose lease was taken by somebody else stops", async () => {
  const leader = new Candidate("robbed", 2_000);
  await leader.leading;

  await server.client.mergePatch(leases, ref, { spec: { holderIdentity: "robber" } });

  await assert.rejects(leader.ended, { reason: "LeaseLost", message: /somebody else holds it/ });
  const { spec } = await server.client.get(leases, ref, Lease);
  assert.equal(spec.holderIdentity, "robber", "what is not ours is not given back");
});
