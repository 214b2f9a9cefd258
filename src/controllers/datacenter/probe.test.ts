import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, test } from "node:test";
import { StargateError } from "../../lib/errors.ts";
import { createDialer } from "../../remote/create-dialer.ts";
import type { Dialer } from "../../remote/dialer.ts";
import { probeRouter, probeServer } from "./probe.ts";

const dialer = createDialer(undefined);
const { signal } = new AbortController();
const opened: Server[] = [];
afterEach(() => opened.splice(0).forEach((server) => server.close()));

/** Something that listens on loopback and does this with each connection. */
async function listen(greet: (socket: Socket) => void): Promise<{ host: string; port: number }> {
  const server = createServer((socket) => greet(socket.on("error", () => undefined)));
  opened.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return { host: "127.0.0.1", port: address.port };
}

void test("probeServer() is content when an SSH daemon names itself, after other lines too, and hangs up", async () => {
  const hungUp = Promise.withResolvers<undefined>();
  const target = await listen((socket) => {
    socket.once("close", () => hungUp.resolve(undefined));
    socket.resume().write("welcome\r\nSSH-2.0-Op");
    socket.write("enSSH_10.0\r\n");
  });

  await probeServer(dialer, target, { signal });
  await hungUp.promise;
});

const wrong: [what: string, greet: (socket: Socket) => void][] = [
  ["hangs up without a word", (socket) => socket.end()],
  ["says nothing", () => undefined],
  ["talks without end and is no SSH daemon", (socket) => socket.write("x".repeat(10_000))],
];
for (const [what, greet] of wrong) {
  void test(`probeServer() refuses what ${what}`, async () => {
    const target = await listen(greet);

    await assert.rejects(probeServer(dialer, target, { signal, timeoutMs: 300 }), {
      reason: "NoSshBanner",
      retriable: true,
    });
  });
}

void test("probeServer() tells of a refused connection in the dialer's words", async () => {
  const target = await listen(() => undefined);
  opened.splice(0).forEach((server) => server.close());

  await assert.rejects(probeServer(dialer, target, { signal }), { reason: "ConnectionRefused" });
});

void test("probeServer() ends when it is stopped", async () => {
  const stop = new AbortController();
  const target = await listen(() => stop.abort(new Error("enough")));

  await assert.rejects(probeServer(dialer, target, { signal: stop.signal }), /^Error: enough$/);
});

void test("probeRouter() is content with anything that comes back", async () => {
  const target = await listen(() => undefined);
  await probeRouter(dialer, target, { signal, timeoutMs: 5_000 });
  opened.splice(0).forEach((server) => server.close());

  await probeRouter(dialer, target, { signal, timeoutMs: 5_000 });
});

void test("probeRouter() tells of silence in the dialer's words", async () => {
  const silent = new StargateError("ConnectTimeout", "no answer", { retriable: true });
  const mute: Dialer = { description: "nowhere", dial: async () => Promise.reject(silent) };

  const probe = probeRouter(mute, { host: "192.168.100.1", port: 22 }, { signal, timeoutMs: 5_000 });

  await assert.rejects(probe, { reason: "ConnectTimeout" });
});
