import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Counter, Registry } from "prom-client";
import { startStatusServer } from "./http-server.ts";

const registry = new Registry();
new Counter({ name: "things_total", help: "Things.", registers: [registry] }).inc(3);
let why: string | undefined;
const server = await startStatusServer({ address: "127.0.0.1:0", registry, notReady: () => why });
after(() => server.close());

async function get(path: string, method = "GET"): Promise<{ code: number; text: string }> {
  const answer = await fetch(server.url + path, { method });
  return { code: answer.status, text: await answer.text() };
}

void test("The status server tells metrics in Prometheus' format", async () => {
  const { code, text } = await get("/metrics?x=1");

  assert.equal(code, 200);
  assert.match(text, /^things_total 3$/m);
});

void test("The status server is healthy while it runs, and ready when nothing is in the way", async () => {
  why = undefined;
  assert.deepEqual(await get("/healthz"), { code: 200, text: "ok\n" });
  assert.deepEqual(await get("/readyz"), { code: 200, text: "ok\n" });

  why = "servers are not listed yet";
  assert.deepEqual(await get("/healthz"), { code: 200, text: "ok\n" });
  assert.deepEqual(await get("/readyz"), { code: 503, text: "not ready: servers are not listed yet\n" });
});

void test("The status server has nothing else", async () => {
  assert.equal((await get("/")).code, 404);
  assert.equal((await get("/metrics", "POST")).code, 405);
});

void test("startStatusServer() says when its address is taken", async () => {
  const address = server.url.replace("http://", "");

  await assert.rejects(startStatusServer({ address, registry, notReady: () => undefined }), {
    reason: "AddressInUse",
    remedy: /--metrics-bind-address/,
  });
});

for (const address of ["9801", "127.0.0.1", "127.0.0.1:99999", "http://127.0.0.1:1", ""]) {
  void test(`startStatusServer() refuses the address "${address}"`, async () => {
    await assert.rejects(startStatusServer({ address, registry, notReady: () => undefined }), {
      reason: "Usage",
    });
  });
}
