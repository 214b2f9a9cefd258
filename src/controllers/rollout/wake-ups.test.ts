import assert from "node:assert/strict";
import { test } from "node:test";
import { ROLLOUT_LABEL } from "../../api/v1alpha1/rollout.ts";
import { operationWith, profileWith } from "../../api/v1alpha1/test-objects.ts";
import { Fleet, rolloutWith } from "./test-fleet.ts";
import { isNewsOfRollout, wokenByNode, wokenByOperation, wokenByProfile, wokenByServer } from "./wake-ups.ts";

const rollout = rolloutWith();
const other = rolloutWith(
  {
    selector: { matchLabels: { rack: "8" }, matchExpressions: [] },
    provisioningProfileRef: { name: "other" },
  },
  "other",
);
const all = [rollout, other];
const fleet = new Fleet({}, ["a"]);
const server = fleet.server("a");
const noNews = (keys: readonly unknown[]): void => assert.deepEqual(keys, []);
const wakes = (keys: readonly unknown[]): void =>
  assert.deepEqual(keys, [{ namespace: "simulator-dc", name: "ro" }]);

void test("a step of an Operation is no news for Rollouts; its beginning, its end and its labels are", () => {
  const before = operationWith({ server: "a", status: { phase: "Running", currentStep: "one" } });
  const woken = (object: typeof before) =>
    wokenByOperation({ type: "updated", before, object }, all, () => server);

  noNews(woken({ ...before, status: { ...before.status, currentStep: "two", message: "line" } }));
  wakes(woken({ ...before, status: { ...before.status, startedAt: "2026-03-03T00:00:00Z" } }));
  wakes(woken({ ...before, status: { ...before.status, phase: "Failed" } }));
  wakes(woken({ ...before, metadata: { ...before.metadata, labels: { [ROLLOUT_LABEL]: "ro" } } }));
  wakes(wokenByOperation({ type: "deleted", object: before }, all, () => server));
});

void test("an Operation is news for the Rollout that it is labelled with, though its Server is gone", () => {
  const object = operationWith({ server: "gone", meta: { labels: { [ROLLOUT_LABEL]: "ro" } } });

  wakes(wokenByOperation({ type: "added", object }, all, () => undefined));
  noNews(
    wokenByOperation({ type: "added", object: operationWith({ server: "gone" }) }, all, () => undefined),
  );
});

void test("a Server is news where what it is or has done changes, and for the Rollout whose label it loses", () => {
  const woken = (object: typeof server) => wokenByServer({ type: "updated", before: server, object }, all);

  noNews(woken({ ...server, status: { ...server.status, message: "works" } }));
  wakes(woken({ ...server, status: { ...server.status, state: "error" } }));
  wakes(woken({ ...server, metadata: { ...server.metadata, labels: {} } }));
  noNews(
    wokenByServer(
      { type: "added", object: { ...server, metadata: { ...server.metadata, namespace: "x" } } },
      all,
    ),
  );
});

void test("a Node's heartbeat is no news; whether it is Ready and takes pods is", () => {
  const before = fleet.nodes.get("a");
  assert.ok(before !== undefined);
  const [ready] = before.status.conditions;
  assert.ok(ready !== undefined);
  const woken = (object: typeof before) =>
    wokenByNode({ type: "updated", before, object }, all, () => [server]);
  const withReady = (change: object) => ({
    ...before,
    status: { ...before.status, conditions: [{ ...ready, ...change }] },
  });

  noNews(woken(withReady({ lastHeartbeatTime: "2026-03-03T00:00:00Z" })));
  wakes(woken(withReady({ status: "Unknown" })));
  wakes(woken({ ...before, spec: { ...before.spec, unschedulable: true } }));
});

void test("a profile's new state is news for the Rollouts that name it", () => {
  const before = profileWith();
  const object = { ...before, metadata: { ...before.metadata, generation: 2 } };

  wakes(wokenByProfile({ type: "updated", before, object }, all));
  noNews(wokenByProfile({ type: "updated", before, object: before }, all));
});

void test("a Rollout's own status is no news, its spec and its deletion are", () => {
  const isNews = (change: Partial<typeof rollout>) =>
    isNewsOfRollout({ type: "updated", before: rollout, object: { ...rollout, ...change } });

  assert.equal(isNews({ status: { phase: "Complete" } }), false);
  assert.equal(isNews({ metadata: { ...rollout.metadata, generation: 2 } }), true);
  assert.equal(
    isNews({ metadata: { ...rollout.metadata, deletionTimestamp: "2026-03-03T00:00:00Z" } }),
    true,
  );
});
