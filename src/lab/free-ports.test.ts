import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { chooseFreePorts } from "./free-ports.ts";

void test("chooseFreePorts() gives each listener a port of its own, below those of outgoing connections", async () => {
  const ports = Object.values(await chooseFreePorts());

  assert.equal(new Set(ports).size, ports.length);
  assert.ok(ports.every((port) => port >= 20_000 && port < 32_768));
});

void test("chooseFreePorts() goes elsewhere when one of the ports is taken", async () => {
  const before = await chooseFreePorts();
  const blocker = createServer().listen(before.etcdPeer, "127.0.0.1");
  await once(blocker, "listening");
  const ports = Object.values(before);
  const sameAgain = (Math.min(...ports) - 20_000 + 0.5) / (12_768 - ports.length);
  const draws = [sameAgain];

  const others = Object.values(await chooseFreePorts(() => draws.shift() ?? Math.random()));

  blocker.close();
  assert.ok(!others.includes(before.etcdPeer));
  assert.deepEqual(draws, []);
});
