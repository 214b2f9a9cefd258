import type { ConnectOptions } from "@kubernetes/client-node/dist/config.js";
import { Socket } from "node:net";
import { Agent, buildConnector, type Dispatcher } from "undici";

/**
 * At once to one API server; more requests wait here. Hundreds at once would only be refused (its priority and fairness
 * gives a client some 50 seats), and each connection costs a client a quarter of a megabyte.
 */
const CONNECTIONS = 60;

/**
 * Connections over HTTP/1.1 (see withoutHttp2) of which one that is still being made ends when the request that it is
 * made for is aborted. undici's own agent goes on with it until it is there or its time is over.
 */
export function createAbortableAgent(options: Omit<ConnectOptions, "timeout" | "port">): Dispatcher {
  const begin = buildConnector({ ...options, allowH2: false });
  let dispatched: AbortSignal | undefined;

  const agent = new Agent({
    allowH2: false,
    connections: CONNECTIONS,
    connect(target, callback) {
      const signal = dispatched;
      const stop = (): void => void (socket instanceof Socket && socket.destroy(new Error("aborted")));
      // It returns the socket, which its type does not say.
      const socket: unknown = begin(target, (...outcome) => {
        signal?.removeEventListener("abort", stop);
        callback(...outcome);
      });
      signal?.addEventListener("abort", stop, { once: true });
    },
  });

  // Where a request needs a new connection, undici begins it before dispatch() returns. One that it begins later, to
  // replace a kept connection that broke, belongs to nobody's signal here.
  return agent.compose((dispatch) => (wanted, handler) => {
    dispatched = "signal" in wanted && wanted.signal instanceof AbortSignal ? wanted.signal : undefined;
    try {
      return dispatch(wanted, handler);
    } finally {
      dispatched = undefined;
    }
  });
}
