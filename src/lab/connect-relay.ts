import { rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { pipeline } from "node:stream/promises";

/**
 * Relays a unix socket to the tailnet's HTTP CONNECT port. The API server can use a proxy for its way to kubelets
 * only over a unix socket or TLS; this is the former.
 */
export async function startConnectRelay(socketPath: string, httpProxyPort: number): Promise<Server> {
  await rm(socketPath, { force: true });
  const server = createServer({ allowHalfOpen: true }, (inbound) => {
    const outbound = connect({ host: "127.0.0.1", port: httpProxyPort, allowHalfOpen: true });
    // Either side may end first or break; the other then ends too, and the client sees that.
    pipeline(inbound, outbound).catch(() => outbound.destroy());
    pipeline(outbound, inbound).catch(() => inbound.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path: socketPath }, resolve);
  });
  return server;
}
