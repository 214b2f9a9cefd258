import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { StargateError } from "../lib/errors.ts";
import { isErrno } from "../lib/files.ts";
import { LabPorts } from "./lab-state.ts";

/**
 * Below the ports that Linux gives to outgoing connections (32768 and up): the lab keeps its ports for good, and a
 * port of those would be taken by some program sooner or later.
 */
const FIRST = 20_000;
const LAST = 32_767;
const TRIES = 50;

/** A free TCP port on 127.0.0.1 for each of the lab's listeners, one after the other. */
export async function chooseFreePorts(random: () => number = Math.random): Promise<LabPorts> {
  const names = Object.keys(LabPorts.shape);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const base = FIRST + Math.floor(random() * (LAST - FIRST - names.length + 1));
    const ports = names.map((_name, index) => base + index);
    if (await areFree(ports)) {
      return LabPorts.parse(Object.fromEntries(names.map((name, index) => [name, ports[index]])));
    }
  }
  throw new StargateError("NoFreePorts", `Cannot find ${names.length} free ports from ${FIRST} to ${LAST}`, {
    remedy: "Read ss -ltnp, and end what listens on so many of them.",
  });
}

async function areFree(ports: readonly number[]): Promise<boolean> {
  const held = await Promise.all(ports.map(listen));
  await Promise.all(
    held.map(async (server) => {
      if (server === undefined) return;
      server.close();
      await once(server, "close");
    }),
  );
  return !held.includes(undefined);
}

/** Undefined where somebody else listens. */
async function listen(port: number): Promise<Server | undefined> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return server;
  } catch (error) {
    if (isErrno(error, "EADDRINUSE") || isErrno(error, "EACCES")) return undefined;
    throw error;
  }
}
