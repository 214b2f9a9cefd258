import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { LabPorts } from "./lab-state.ts";

/** A free TCP port on 127.0.0.1 for each of the lab's listeners, all different. */
export async function chooseFreePorts(): Promise<LabPorts> {
  const names = Object.keys(LabPorts.shape);
  const servers = await Promise.all(names.map(listen));
  // All are held at once, so that none is given twice; then all are let go.
  const chosen = servers.map((server, index) => [names[index], portOf(server)]);
  await Promise.all(
    servers.map(async (server) => {
      server.close();
      await once(server, "close");
    }),
  );
  return LabPorts.parse(Object.fromEntries(chosen));
}

async function listen(): Promise<Server> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has no port");
  return address.port;
}
