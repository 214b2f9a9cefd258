import type { Duplex } from "node:stream";

export interface Target {
  host: string;
  port: number;
}

/** A way to open TCP connections: straight from this host, or through the tailnet's SOCKS5 proxy. */
export interface Dialer {
  /** For messages: "directly" or "through socks5://127.0.0.1:1055". */
  readonly description: string;
  /**
   * Opens a connection.
   * @throws StargateError ConnectionRefused, HostUnreachable or ConnectTimeout (all retriable), ProxyUnavailable
   */
  dial(target: Target, options?: { timeoutMs?: number; signal?: AbortSignal | undefined }): Promise<Duplex>;
}
