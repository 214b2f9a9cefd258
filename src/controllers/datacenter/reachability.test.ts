import assert from "node:assert/strict";
import { test } from "node:test";
import { serverWith } from "../../api/v1alpha1/test-objects.ts";
import { Reachability } from "./reachability.ts";

const server = serverWith();
const PROBLEM = "no answer";

void test("Reachability takes one failure for chance and two for news", () => {
  const reachability = new Reachability();
  reachability.record(server, undefined);

  const first = reachability.record(server, PROBLEM);
  assert.deepEqual(first, { isNews: false, isSettled: false });
  assert.deepEqual(reachability.of(server), { kind: "reachable" });

  const second = reachability.record(server, PROBLEM);
  assert.deepEqual(second, { isNews: true, isSettled: true });
  assert.deepEqual(reachability.of(server), { kind: "unreachable", problem: PROBLEM });

  assert.deepEqual(reachability.record(server, undefined), { isNews: true, isSettled: true });
  assert.deepEqual(reachability.of(server), { kind: "reachable" });
});

void test("Reachability knows nothing of a server at another address", () => {
  const reachability = new Reachability();
  reachability.record(server, undefined);

  assert.deepEqual(reachability.of(serverWith({ ipv4: "192.168.100.99" })), { kind: "unknown" });
  assert.deepEqual(reachability.record(serverWith({ ipv4: "192.168.100.99" }), PROBLEM).isNews, false);
  reachability.forget(server.metadata.uid);
  assert.deepEqual(reachability.of(server), { kind: "unknown" });
});
