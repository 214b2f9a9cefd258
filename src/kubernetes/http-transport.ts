import { request, type Dispatcher } from "undici";
import { StargateError } from "../lib/errors.ts";
import { unlessAborted } from "../lib/unless-aborted.ts";
import { errorCode, errorFromAnswer, errorFromConnection, notReadyError } from "./api-errors.ts";
import type { Credentials } from "./kubeconfig.ts";

/** An answer must begin within this time. Even a large list does. */
const HEADERS_TIMEOUT_MS = 30_000;
/** Bookmarks come about every minute: a watch that is silent for longer than this is dead. */
const SILENCE_TIMEOUT_MS = 150_000;

export interface ApiRequest {
  /** Begins error messages: Cannot read nodes "a". */
  action: string;
  method: "GET" | "POST" | "PATCH" | "DELETE";
  path: string;
  query?: Record<string, string | undefined>;
  body?: object | undefined;
  contentType?: string;
  signal?: AbortSignal | undefined;
}

type Body = Dispatcher.ResponseData["body"];

/** Sends requests to one API server over kept-alive connections. Every failure comes out as a StargateError. */
export interface Transport {
  /** The answer to a GET, piece by piece as it comes. Ends when the server ends it, throws when it breaks. */
  stream(request: Omit<ApiRequest, "method" | "body">): AsyncIterable<Uint8Array>;
  /** The whole answer as JSON. */
  fetch(request: ApiRequest): Promise<unknown>;
}

export function createTransport(credentials: Credentials): Transport {
  const { server } = credentials;
  let known: ReturnType<Credentials["authenticate"]> | undefined;

  async function authenticate(): ReturnType<Credentials["authenticate"]> {
    try {
      return await (known ??= credentials.authenticate());
    } catch (error) {
      known = undefined;
      throw error;
    }
  }

  async function send(wanted: ApiRequest): Promise<Dispatcher.ResponseData> {
    const url = new URL(server + wanted.path);
    for (const [name, value] of Object.entries(wanted.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const { headers, dispatcher } = await authenticate();
    wanted.signal?.throwIfAborted(); // a credential plugin may take its time
    return request(url, {
      method: wanted.method,
      headers: {
        ...headers,
        accept: "application/json",
        "user-agent": "stargate",
        ...(wanted.body === undefined ? {} : { "content-type": wanted.contentType ?? "application/json" }),
      },
      body: wanted.body === undefined ? null : JSON.stringify(wanted.body),
      headersTimeout: HEADERS_TIMEOUT_MS,
      bodyTimeout: SILENCE_TIMEOUT_MS,
      ...(wanted.signal === undefined ? {} : { signal: wanted.signal }),
      dispatcher,
    });
  }

  async function sendTwiceIfNeeded(wanted: ApiRequest): Promise<Dispatcher.ResponseData> {
    try {
      const answer = await send(wanted);
      if (answer.statusCode !== 401) return answer;
      known = undefined; // tokens and client certificates run out: read them again, once
      await answer.body.dump();
    } catch (error) {
      // A kept-alive connection may have been closed by the server just as we used it.
      if (wanted.method !== "GET" || !isClosedConnection(error)) throw error;
      wanted.signal?.throwIfAborted();
    }
    return send(wanted);
  }

  /**
   * An API server that has just started forbids everything until it has read its roles. What it forbids once it is
   * ready is forbidden.
   */
  async function sendOnceReady(wanted: ApiRequest): Promise<Dispatcher.ResponseData> {
    const answer = await sendTwiceIfNeeded(wanted);
    if (answer.statusCode !== 403) return answer;
    await answer.body.dump();
    const { action, signal } = wanted;
    const ready = await sendTwiceIfNeeded({ action, method: "GET", path: "/readyz", signal });
    await ready.body.dump();
    if (ready.statusCode !== 200) throw notReadyError(action);
    return sendTwiceIfNeeded(wanted);
  }

  async function open(wanted: ApiRequest): Promise<Body> {
    wanted.signal?.throwIfAborted();
    try {
      // By itself, undici looks at the signal only when there is a connection to send the request over.
      const { statusCode, body } = await unlessAborted(sendOnceReady(wanted), wanted.signal);
      if (statusCode < 300) return body;
      throw errorFromAnswer(wanted.action, statusCode, await body.text());
    } catch (error) {
      throw failure(wanted, error);
    }
  }

  function failure(wanted: ApiRequest, error: unknown): unknown {
    if (wanted.signal?.aborted === true) return wanted.signal.reason;
    return error instanceof StargateError ? error : errorFromConnection(wanted.action, server, error);
  }

  return {
    async *stream(wanted) {
      const asked = { ...wanted, method: "GET" as const };
      const body = await open(asked);
      try {
        for await (const chunk of body) if (chunk instanceof Uint8Array) yield chunk;
      } catch (error) {
        throw failure(asked, error);
      }
    },
    async fetch(wanted) {
      const body = await open(wanted);
      try {
        return await body.json();
      } catch (error) {
        throw failure(wanted, error);
      }
    },
  };
}

function isClosedConnection(error: unknown): boolean {
  const code = errorCode(error);
  return code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE";
}
