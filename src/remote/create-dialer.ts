import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { SocksClient, SocksClientError } from "socks";
import { StargateError, UsageError } from "../lib/errors.ts";
import type { Dialer, Target } from "./dialer.ts";

const DEFAULT_TIMEOUT_MS = 10_000;

/**
 * A dialer through a SOCKS5 proxy (`socks5://host:port`), or straight from this host where no URL is given.
 * @throws UsageError for a URL that is none
 */
export function createDialer(proxyUrl: string | undefined): Dialer {
  return proxyUrl === undefined ? directDialer : socksDialer(proxyUrl);
}

const directDialer: Dialer = {
  description: "directly",
  dial: ({ host, port }, { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = {}) =>
    new Promise<Duplex>((resolve, reject) => {
      signal?.throwIfAborted();
      const socket = connect({ host, port, noDelay: true });
      const timer = setTimeout(() => fail(connectError({ host, port }, "ETIMEDOUT", "directly")), timeoutMs);
      const abort = () => fail(signal?.reason);
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        socket.removeAllListeners();
      };
      const fail = (error: unknown) => {
        settle();
        socket.on("error", () => undefined).destroy();
        reject(error instanceof Error ? error : new Error("aborted"));
      };
      signal?.addEventListener("abort", abort, { once: true });
      socket.once("connect", () => {
        settle();
        resolve(socket);
      });
      socket.once("error", (error: NodeJS.ErrnoException) =>
        fail(connectError({ host, port }, error.code ?? error.message, "directly")),
      );
    }),
};

function socksDialer(proxyUrl: string): Dialer {
  const proxy = URL.parse(proxyUrl);
  if (proxy === null || !/^socks5h?:$/.test(proxy.protocol) || proxy.hostname === "" || proxy.port === "") {
    throw new UsageError(`"${proxyUrl}" is no SOCKS5 proxy`, "Give it as socks5://127.0.0.1:1055.");
  }
  const way = `through ${proxyUrl}`;
  return {
    description: way,
    async dial(target, { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = {}) {
      signal?.throwIfAborted();
      try {
        const { socket } = await SocksClient.createConnection({
          command: "connect",
          proxy: { host: proxy.hostname, port: Number(proxy.port), type: 5 },
          destination: target,
          timeout: timeoutMs,
          set_tcp_nodelay: true,
        });
        if (signal?.aborted === true) socket.destroy();
        signal?.throwIfAborted();
        return socket;
      } catch (error) {
        signal?.throwIfAborted();
        throw proxyError(target, error, proxyUrl);
      }
    },
  };
}

function proxyError(target: Target, error: unknown, proxyUrl: string): StargateError {
  const text = error instanceof SocksClientError || error instanceof Error ? error.message : "unknown error";
  if (/ECONNREFUSED|ENOENT/.test(text)) {
    return new StargateError(
      "ProxyUnavailable",
      `Cannot reach the tailnet's proxy ${proxyUrl}: nothing listens there`,
      {
        retriable: true,
        remedy: "Start it: `bin/stargate lab up` for the lab, or tailscaled with --socks5-server.",
      },
    );
  }
  return connectError(
    target,
    /refused/i.test(text) ? "ECONNREFUSED" : /timed out/i.test(text) ? "ETIMEDOUT" : text,
    `through ${proxyUrl}`,
  );
}

function connectError({ host, port }: Target, code: string, way: string): StargateError {
  const [reason, state] =
    code === "ECONNREFUSED"
      ? ["ConnectionRefused", "connection refused"]
      : code === "ETIMEDOUT"
        ? ["ConnectTimeout", "no answer"]
        : ["HostUnreachable", code];
  return new StargateError(reason, `Cannot connect to ${host}:${port} ${way}: ${state}`, { retriable: true });
}
