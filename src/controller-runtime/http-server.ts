import { createServer, type ServerResponse } from "node:http";
import { isIP } from "node:net";
import type { Registry } from "prom-client";
import { StargateError, UsageError } from "../lib/errors.ts";
import { isErrno } from "../lib/files.ts";

export interface StatusServerOptions {
  /** host:port; ":9801" is every address of this host. */
  address: string;
  registry: Registry;
  /** What keeps the program from doing its work now; undefined where nothing does. */
  notReady: () => string | undefined;
}

export interface StatusServer {
  url: string;
  close(): Promise<void>;
}

/**
 * Serves /metrics, /healthz and /readyz.
 * @throws UsageError for an address that is none, StargateError AddressInUse
 */
export async function startStatusServer(options: StatusServerOptions): Promise<StatusServer> {
  const { host, port } = parseAddress(options.address);
  const server = createServer((request, response) => {
    answer(request.method ?? "", request.url ?? "", response, options).catch(() => response.destroy());
  });
  const listening = Promise.withResolvers<undefined>();
  server.once("error", (error) => listening.reject(cannotListen(options.address, error)));
  server.listen({ port, ...(host === "" ? {} : { host }) }, () => listening.resolve(undefined));
  await listening.promise;
  server.unref(); // being asked for its health keeps no program alive
  const at = server.address();
  const actualPort = at !== null && typeof at === "object" ? at.port : port;
  const urlHost = host === "" ? "127.0.0.1" : isIP(host) === 6 ? `[${host}]` : host;
  return {
    url: `http://${urlHost}:${actualPort}`,
    async close() {
      const closed = Promise.withResolvers<undefined>();
      server.close(() => closed.resolve(undefined));
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

async function answer(
  method: string,
  path: string,
  response: ServerResponse,
  { registry, notReady }: StatusServerOptions,
): Promise<void> {
  const send = (code: number, text: string, type = "text/plain; charset=utf-8"): void => {
    response.writeHead(code, { "content-type": type });
    response.end(method === "HEAD" ? undefined : text);
  };
  if (method !== "GET" && method !== "HEAD") return send(405, "only GET\n");
  switch (path.split("?", 1).join("")) {
    case "/metrics":
      return send(200, await registry.metrics(), registry.contentType);
    case "/healthz":
      return send(200, "ok\n");
    case "/readyz": {
      const why = notReady();
      return why === undefined ? send(200, "ok\n") : send(503, `not ready: ${why}\n`);
    }
    default:
      return send(404, "there are /metrics, /healthz and /readyz\n");
  }
}

function parseAddress(address: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new UsageError(
      `Cannot serve metrics on "${address}": it is no host:port`,
      "Give an address such as 127.0.0.1:9801, or 0 for none.",
    );
  }
  return { host: match[1] ?? match[2] ?? "", port };
}

function cannotListen(address: string, error: Error): StargateError {
  const inUse = isErrno(error, "EADDRINUSE");
  return new StargateError(
    inUse ? "AddressInUse" : "CannotListen",
    `Cannot serve metrics on ${address}: ${inUse ? "something else listens there" : error.message}`,
    { remedy: "Give another address with --metrics-bind-address, or 0 for none.", cause: error },
  );
}
