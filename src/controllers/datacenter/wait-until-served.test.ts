import assert from "node:assert/strict";
import { test } from "node:test";
import { settle, SteppedClock } from "../../controller-runtime/stepped-clock.ts";
import { datacenters } from "../../kubernetes/resources.ts";
import { StargateError } from "../../lib/errors.ts";
import { createLog } from "../../lib/log.ts";
import { FakeCluster } from "../operation/fake-cluster.ts";
import { waitUntilServed } from "./wait-until-served.ts";

/** A cluster that does not know the type the first few times it is asked. */
function wait(answers: Error[], signal = new AbortController().signal) {
  const cluster = new FakeCluster();
  const clock = new SteppedClock();
  const lines: string[] = [];
  let asked = 0;
  cluster.list = async () => {
    asked++;
    const error = answers.shift();
    if (error !== undefined) throw error;
    return Promise.resolve({ items: [], resourceVersion: "1" });
  };
  const log = createLog({ write: (line) => lines.push(line) });
  const waiting = waitUntilServed(cluster, datacenters, { clock, log, signal });
  return { clock, lines, waiting, asked: () => asked };
}

const missing = () =>
  new StargateError("ApiTypeMissing", "Cannot list datacenters: 404", { retriable: true });

void test("waitUntilServed() goes on once the cluster knows the type, and says only once that it waits", async () => {
  const { clock, lines, waiting, asked } = wait([missing(), missing()]);

  await settle();
  await clock.advance(15_000);
  await clock.advance(15_000);
  await waiting;

  assert.equal(asked(), 3);
  assert.equal(lines.length, 1);
  assert.match(lines.join(), /the cluster does not know them/);
});

void test("waitUntilServed() leaves every other trouble to whoever watches then", async () => {
  const { waiting, asked } = wait([new StargateError("ApiForbidden", "403")]);

  await waiting;

  assert.equal(asked(), 1);
});

void test("waitUntilServed() ends when it is stopped", async () => {
  const stop = new AbortController();
  const { waiting } = wait([missing()], stop.signal);

  await settle();
  stop.abort();
  await waiting;
});
