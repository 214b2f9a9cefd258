import assert from "node:assert/strict";
import { test } from "node:test";
import type { Operation } from "../../api/v1alpha1/operation.ts";
import { operationWith } from "../../api/v1alpha1/test-objects.ts";
import { Informer, type SourceEvent } from "../../controller-runtime/informer.ts";
import { settle } from "../../controller-runtime/stepped-clock.ts";
import { FakeClock } from "../../lib/fake-clock.ts";
import { silentLog } from "../../lib/log.ts";
import { Unheard } from "./unheard.ts";

const rollout = { namespace: "simulator-dc", name: "ro" };
const operation = { namespace: "simulator-dc", name: "op-1" };

function createUnheard() {
  const news = Promise.withResolvers<SourceEvent<Operation>>();
  const clock = new FakeClock();
  const informer = new Informer<Operation>({
    name: "operations",
    source: {
      list: async () => Promise.resolve({ items: [], resourceVersion: "1" }),
      async *watch() {
        yield await news.promise;
        await new Promise(() => undefined);
      },
    },
    log: silentLog,
    clock,
  });
  void informer.run(new AbortController().signal);
  return { unheard: new Unheard(informer, clock), clock, news };
}

void test("a Rollout is behind until all that was created for it has been heard of", async () => {
  const { unheard, news } = createUnheard();
  unheard.expect(rollout, operation);
  unheard.expect(rollout, { ...operation, name: "op-2" });
  unheard.withdraw(rollout, { ...operation, name: "op-2" });
  assert.equal(unheard.isBehind(rollout), true);
  assert.equal(unheard.isBehind({ ...rollout, name: "another" }), false);

  news.resolve({ type: "ADDED", object: operationWith({}), resourceVersion: "2" });
  await settle();

  assert.equal(unheard.isBehind(rollout), false);
});

void test("a Rollout is not behind for ever: one that was deleted at once is never heard of", () => {
  const { unheard, clock } = createUnheard();
  unheard.expect(rollout, operation);
  clock.advance(29_000);
  assert.equal(unheard.isBehind(rollout), true);

  clock.advance(1_000);

  assert.equal(unheard.isBehind(rollout), false);
});
