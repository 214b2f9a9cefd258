import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { afterEach, describe, it } from "node:test";
import { z } from "zod";
import { StargateError } from "../lib/errors.ts";
import { FakeClock } from "../lib/fake-clock.ts";
import { createJsonHttp, type CallJson, type HttpOptions } from "./http.ts";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

/** A service on loopback that answers with the listeners in turn, the last one for ever. */
async function serve(...answers: RequestListener[]): Promise<string> {
  let count = 0;
  const listening = createServer((request, response) => {
    answers[Math.min(count++, answers.length - 1)]?.(request, response);
  });
  server = listening;
  listening.listen(0, "127.0.0.1");
  await once(listening, "listening");
  const address = listening.address();
  assert.ok(address !== null && typeof address === "object");
  return `http://127.0.0.1:${address.port}/`;
}

function connect(baseUrl: string, options: Partial<HttpOptions> = {}): CallJson {
  return createJsonHttp({
    words: {
      description: "the service",
      baseUrl,
      unauthorizedRemedy: "Log in.",
      forbiddenRemedy: (needs) => `Ask for ${needs}.`,
    },
    clock: new FakeClock(),
    ...options,
  });
}

const ask = {
  action: "Cannot ask",
  method: "GET",
  path: "/thing",
  schema: z.object({ ok: z.boolean() }),
} as const;
const ok: RequestListener = (_request, response) => response.end('{"ok":true}');
const status =
  (code: number, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    response.writeHead(code, headers).end();

void describe("createJsonHttp()", () => {
  void it("joins the base URL, the path and the query", async () => {
    let seen: string | undefined;
    const call = connect(
      await serve((request, response) => {
        seen = request.url;
        response.end('{"ok":true}');
      }),
    );
    assert.deepEqual(await call({ ...ask, query: { "a b": "c&d" } }), { ok: true });
    assert.equal(seen, "/thing?a+b=c%26d");
  });

  void it("waits until the date that Retry-After names", async () => {
    const clock = new FakeClock();
    const began = clock.now();
    const date = new Date(began + 30_000).toUTCString();
    const call = connect(await serve(status(429, { "retry-after": date }), ok), { clock });
    await call(ask);
    assert.equal(clock.now() - began, 30_000);
  });

  void it("waits ten seconds where a 429 names no time", async () => {
    const clock = new FakeClock();
    const began = clock.now();
    const call = connect(await serve(status(429), ok), { clock });
    await call(ask);
    assert.equal(clock.now() - began, 10_000);
  });

  void it("says how long to wait to a caller who asks again by itself", async () => {
    const clock = new FakeClock();
    const call = connect(await serve(status(429, { "retry-after": "17" })), { clock, retryForMs: 0 });
    await assert.rejects(call(ask), { reason: "TailnetThrottled", retryAfterMs: 17_000 });
    assert.deepEqual(clock.sleeps, []);
  });

  void it("repeats a call that makes something where nobody was there to get it", async () => {
    const clock = new FakeClock();
    const url = await serve(ok);
    server?.close();
    const call = connect(url, { clock });
    await assert.rejects(call({ ...ask, method: "POST", isRepeatable: false }), {
      reason: "TailnetUnavailable",
    });
    assert.ok(clock.sleeps.length > 1);
  });

  void it("does not repeat a call that makes something after a 500", async () => {
    const clock = new FakeClock();
    const call = connect(await serve(status(500), ok), { clock });
    await assert.rejects(call({ ...ask, method: "POST", isRepeatable: false }), {
      reason: "TailnetUnavailable",
    });
    assert.deepEqual(clock.sleeps, []);
  });

  void it("throws the caller's own reason when the caller gives up", async () => {
    const cancel = new AbortController();
    const call = connect(await serve(() => cancel.abort(new Error("enough"))));
    await assert.rejects(call({ ...ask, signal: cancel.signal }), /^Error: enough$/);
  });

  void it("names the scope that a refused call needs", async () => {
    const call = connect(await serve(status(403)));
    await assert.rejects(call({ ...ask, needs: "a:b" }), (error) => {
      assert.ok(error instanceof StargateError);
      assert.deepEqual([error.reason, error.remedy], ["TailnetForbidden", "Ask for a:b."]);
      return true;
    });
  });

  void it("takes an empty answer where nothing is expected", async () => {
    const call = connect(await serve(status(204)));
    assert.equal(await call({ ...ask, schema: z.undefined() }), undefined);
  });

  void it("refuses an answer of another shape", async () => {
    const call = connect(await serve((_request, response) => response.end('{"ok":"yes"}')));
    await assert.rejects(call(ask), { reason: "TailnetInvalid" });
  });
});
