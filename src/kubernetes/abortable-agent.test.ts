import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { test } from "node:test";
import { request } from "undici";
import { createAbortableAgent } from "./abortable-agent.ts";

void test("many requests at once share some connections, and each has its turn", async (t) => {
  const held: ServerResponse[] = [];
  let isOpen = false;
  let most = 0;
  let sockets = 0;
  const server = createServer((_, response) => void (isOpen ? response.end("{}") : held.push(response)));
  server.on("connection", (socket) => {
    most = Math.max(most, ++sockets);
    socket.on("close", () => sockets--);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const agent = createAbortableAgent({});
  t.after(async () => {
    await agent.destroy();
    server.close();
  });

  const answers = Array.from({ length: 200 }, async () => {
    const { statusCode, body } = await request(`http://127.0.0.1:${address.port}/`, { dispatcher: agent });
    await body.dump();
    return statusCode;
  });
  while (held.length < 60) await once(server, "request");
  isOpen = true;
  for (const response of held) response.end("{}");

  assert.deepEqual(new Set(await Promise.all(answers)), new Set([200]));
  assert.equal(most, 60);
});
