import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { afterEach, beforeEach, describe, it } from "node:test";
import { Agent } from "undici";
import { createTransport } from "./http-transport.ts";

/** What the API server answers, in order, each by "path code". */
let script: string[] = [];
const bodies: string[] = [];
let dispatcher: Agent;
const server = createServer((request, response) => {
  const [path, code] = script.shift()?.split(" ") ?? [];
  response.statusCode = request.url === path ? Number(code) : 418;
  request.on("data", (part) => bodies.push(String(part))).once("end", () => response.end('{"it":"answers"}'));
});

beforeEach(async () => {
  dispatcher = new Agent();
  bodies.length = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(async () => {
  await dispatcher.destroy();
  server.close();
});

/** Sends a request for /a. */
function ask(): Promise<unknown> {
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const authenticate = async () => ({ headers: {}, dispatcher });
  const transport = createTransport({ server: `http://127.0.0.1:${address.port}`, caPem: "", authenticate });
  return transport.fetch({ action: "Cannot ask", method: "PATCH", path: "/a", body: { b: 1 } });
}

void describe("what an API server forbids", () => {
  for (const readiness of ["403", "500", "503"]) {
    void it(`may be allowed later while it is not ready (${readiness})`, async () => {
      script = ["/a 403", `/readyz ${readiness}`];

      await assert.rejects(ask(), { reason: "ApiUnavailable", retriable: true });
      assert.deepEqual(script, []);
    });
  }

  void it("is asked for once more where it has become ready meanwhile", async () => {
    script = ["/a 403", "/readyz 200", "/a 200"];

    assert.deepEqual(await ask(), { it: "answers" });
    assert.deepEqual(bodies, ['{"b":1}', '{"b":1}']);
  });

  void it("is forbidden where it is ready", async () => {
    script = ["/a 403", "/readyz 200", "/a 403"];

    await assert.rejects(ask(), { reason: "ApiForbidden", retriable: false });
    assert.deepEqual(script, []);
  });
});
