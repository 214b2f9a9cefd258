import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { SocksClient, SocksClientError } from "socks";
import { describeError, StargateError, UsageError } from "../lib/errors.ts";
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
      const address = { host: proxy.hostname.replace(/^\[|\]$/g, ""), port: Number(proxy.port) };
      // A connection of our own: that of SocksClient cannot be ended before its time is up.
      const socket = await dialProxy(proxyUrl, address, { timeoutMs, signal });
      const abort = () => void socket.destroy();
      signal?.addEventListener("abort", abort, { once: true });
      try {
        await SocksClient.createConnection({
          command: "connect",
          proxy: { ...address, type: 5 },
          destination: target,
          timeout: timeoutMs,
          existing_socket: socket,
        });
        signal?.throwIfAborted();
        return socket;
      } catch (error) {
        signal?.throwIfAborted();
        throw refusedByProxy(target, error, way);
      } finally {
        signal?.removeEventListener("abort", abort);
      }
    },
  };
}

async function dialProxy(
  proxyUrl: string,
  address: Target,
  options: { timeoutMs: number; signal: AbortSignal | undefined },
): Promise<Duplex> {
  try {
    return await directDialer.dial(address, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    const isRefused = error instanceof StargateError && error.reason === "ConnectionRefused";
    const state = isRefused ? "nothing listens there" : describeError(error);
    throw new StargateError("ProxyUnavailable", `Cannot reach the tailnet's proxy ${proxyUrl}: ${state}`, {
      retriable: true,
      remedy: "Start it: `bin/stargate lab up` for the lab, or tailscaled with --socks5-server.",
    });
  }
}

function refusedByProxy(target: Target, error: unknown, way: string): StargateError {
  const text = error instanceof SocksClientError || error instanceof Error ? error.message : "unknown error";
  const code = /refused/i.test(text) ? "ECONNREFUSED" : /timed out/i.test(text) ? "ETIMEDOUT" : text;
  return connectError(target, code, way);
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
