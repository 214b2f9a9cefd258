import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { answerSocks, readSocksRequest } from "./socks.ts";
import type { Way } from "./way.ts";

/** Where a listener forwards to: a TCP port of this host, or a socket file. */
export type Destination = { port: number } | { path: string };

/** Forwards every connection to one place by a way that can be cut. */
export async function startRelay(
  listenAt: { path: string } | "any port",
  to: Destination,
  way: Way,
): Promise<{ port: number; close: () => void }> {
  return listen(listenAt, async (socket) => {
    await way.untilItPasses();
    const next = await reach(to, way);
    if (next === undefined) socket.destroy();
    else way.carry(socket, next);
  });
}

/** A SOCKS5 proxy, as the tailnet's, behind which there is one host, whatever address is asked for. */
export async function startSocksProxy(
  host: Destination,
  way: Way,
): Promise<{ port: number; close: () => void }> {
  return listen("any port", async (socket) => {
    await readSocksRequest(socket);
    await way.untilItPasses();
    const next = await reach(host, way);
    answerSocks(socket, next === undefined ? "refused" : "reached");
    if (next === undefined) socket.end();
    else way.carry(socket, next);
  });
}

async function reach(to: Destination, way: Way): Promise<Socket | undefined> {
  if (!way.isOpen) return undefined;
  const socket = connect("path" in to ? to : { ...to, host: "127.0.0.1" });
  try {
    await once(socket, "connect");
    return socket;
  } catch {
    return undefined;
  }
}

/** Listens on loopback, or at a socket file; `close` ends what is open too. */
export async function listen(
  at: { path: string } | "any port",
  serve: (socket: Socket) => Promise<void>,
): Promise<{ port: number; close: () => void }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket)).on("error", () => undefined);
    serve(socket).catch(() => socket.destroy());
  });
  server.listen(at === "any port" ? { port: 0, host: "127.0.0.1" } : at);
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
