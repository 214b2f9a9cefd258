import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { createDialer } from "./create-dialer.ts";

const target = { host: "192.168.100.10", port: 22 };

void describe("a dialer through a proxy", { timeout: 20_000 }, () => {
  const taken: Socket[] = [];
  let proxy: Server;
  let url: string;
  /** What the proxy says when it has heard something, turn by turn. */
  let answers: Buffer[] = [];

  before(async () => {
    proxy = createServer((socket) => {
      taken.push(socket);
      socket
        .on("error", () => undefined)
        .on("data", () => {
          const answer = answers.shift();
          if (answer !== undefined) socket.write(answer);
        });
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const address = proxy.address();
    assert.ok(address !== null && typeof address === "object");
    url = `socks5://127.0.0.1:${address.port}`;
  });

  after(() => {
    for (const socket of taken) socket.destroy();
    proxy.close();
  });

  void it("ends at once when it is aborted while the proxy says nothing, and so does the connection", async () => {
    answers = [];
    const stop = new AbortController();
    const dialing = createDialer(url).dial(target, { timeoutMs: 60_000, signal: stop.signal });
    await once(proxy, "connection");
    const socket = taken.at(-1);
    assert.ok(socket);
    await once(socket, "data");
    const closed = once(socket, "close");

    stop.abort();

    await assert.rejects(dialing, { name: "AbortError" });
    await closed;
  });

  void it("is a way to the target once the proxy says so", async () => {
    answers = [Buffer.from([5, 0]), Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 22]), Buffer.from("hello")];
    const socket = await createDialer(url).dial(target);
    socket.write("anything");
    const [heard] = await once(socket, "data");
    assert.equal(String(heard), "hello");
    socket.destroy();
  });

  for (const [what, code, reason] of [
    ["the target refuses", 5, "ConnectionRefused"],
    ["there is no way there", 4, "HostUnreachable"],
  ] as const) {
    void it(`says that ${what}`, async () => {
      answers = [Buffer.from([5, 0]), Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0])];
      await assert.rejects(createDialer(url).dial(target), { reason, retriable: true });
    });
  }

  void it("gives up a proxy that says nothing when its time is up", async () => {
    answers = [];
    await assert.rejects(createDialer(url).dial(target, { timeoutMs: 50 }), { reason: "ConnectTimeout" });
  });

  void it("says that no proxy is there", async () => {
    const unused = createServer().listen(0, "127.0.0.1");
    await once(unused, "listening");
    const address = unused.address();
    assert.ok(address !== null && typeof address === "object");
    unused.close();
    await once(unused, "close");
    await assert.rejects(createDialer(`socks5://127.0.0.1:${address.port}`).dial(target), {
      reason: "ProxyUnavailable",
      message: /nothing listens there/,
    });
  });
});
