import { once } from "node:events";
import type { Socket } from "node:net";

const VERSION = 5;
const NO_LOGIN = 0;
const IPV4 = 1;

/**
 * The server's part of SOCKS5, up to which host is asked for.
 * @throws where the connection ends before
 */
export async function readSocksRequest(socket: Socket): Promise<string> {
  const greeting = await readBytes(socket, 2);
  await readBytes(socket, greeting[1] ?? 0);
  socket.write(Buffer.from([VERSION, NO_LOGIN]));
  const request = await readBytes(socket, 4);
  const isAddress = request[3] === IPV4;
  const length = isAddress ? 4 : ((await readBytes(socket, 1))[0] ?? 0);
  const host = await readBytes(socket, length);
  await readBytes(socket, 2);
  return isAddress ? [...host].join(".") : host.toString("utf8");
}

export function answerSocks(socket: Socket, answer: "reached" | "refused"): void {
  socket.write(Buffer.from([VERSION, answer === "reached" ? 0 : 5, 0, IPV4, 0, 0, 0, 0, 0, 0]));
}

async function readBytes(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    const bytes: unknown = count === 0 ? Buffer.alloc(0) : socket.read(count);
    if (bytes instanceof Buffer) return bytes;
    if (socket.readableEnded || socket.destroyed) throw new Error("the connection ended");
    await once(socket, "readable");
  }
}
