import { fetch } from "undici";
import type { z } from "zod";
import { systemClock, withTimeout, type Clock } from "../lib/clock.ts";
import { withoutHttp2 } from "../lib/http1.ts";
import { isRetriable, StargateError } from "../lib/errors.ts";
import { retry } from "../lib/retry.ts";
import { errorFromAnswer, errorFromConnection, isUnsent, type ServiceWords } from "./http-errors.ts";

/** Tailscale's control plane waits this long where a 429 names no time. */
const DEFAULT_RETRY_AFTER_MS = 10_000;

export interface HttpOptions {
  words: ServiceWords;
  /** The value of the Authorization header; undefined for a service that gives out credentials. */
  authorize?: (signal: AbortSignal | undefined) => Promise<string>;
  /** Forgets the credential after a 401, so that `authorize` gets another. Undefined: there is no other. */
  renew?: (refused: string) => void;
  clock?: Clock;
  /** One request may take this long. */
  requestTimeoutMs?: number;
  /** Repeats a failed call for this long. */
  retryForMs?: number;
  random?: () => number;
}

export interface Call<T> {
  /** Begins error messages: "Cannot list the devices of the tailnet". */
  action: string;
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** Relative to the base URL, its parts already encoded. */
  path: string;
  query?: Record<string, string>;
  /** Sent as a form where it is URLSearchParams, as JSON otherwise. */
  body?: object;
  schema: z.ZodType<T>;
  /** False for a call that makes something: it is repeated only where it cannot have been carried out. */
  isRepeatable?: boolean;
  /** The scope the credential needs for this call, for the error that says it lacks it. */
  needs?: string;
  /** Statuses that mean another one at this path. */
  readStatusAs?: Readonly<Record<number, number>>;
  signal?: AbortSignal | undefined;
}

export type CallJson = <T>(call: Call<T>) => Promise<T>;

/** JSON over HTTP to one service. Every failure comes out as an error of the seam (see tailnet.ts). */
export function createJsonHttp(options: HttpOptions): CallJson {
  const { words, clock = systemClock, requestTimeoutMs = 20_000, retryForMs = 60_000 } = options;
  const dispatcher = withoutHttp2();

  async function request(call: Call<unknown>, authorization: string | undefined): Promise<Answer> {
    const url = new URL(words.baseUrl.replace(/\/+$/, "") + call.path);
    for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.set(name, value);
    const isForm = call.body instanceof URLSearchParams;
    try {
      const response = await fetch(url, {
        dispatcher,
        method: call.method,
        redirect: "manual", // a credential goes to the host it was given for, nowhere else
        headers: {
          accept: "application/json",
          "user-agent": "stargate",
          ...(authorization === undefined ? {} : { authorization }),
          ...(call.body === undefined || isForm ? {} : { "content-type": "application/json" }),
        },
        ...(call.body === undefined
          ? {}
          : { body: call.body instanceof URLSearchParams ? call.body : JSON.stringify(call.body) }),
        signal: withTimeout(requestTimeoutMs, call.signal),
      });
      const { status, headers } = response;
      return { status, headers, text: await response.text() };
    } catch (error) {
      call.signal?.throwIfAborted();
      throw new NoAnswer(error);
    }
  }

  async function requestAuthorized(call: Call<unknown>): Promise<Answer> {
    const authorization = await options.authorize?.(call.signal);
    const answer = await request(call, authorization);
    if (answer.status !== 401 || authorization === undefined || options.renew === undefined) return answer;
    options.renew(authorization);
    return request(call, await options.authorize?.(call.signal));
  }

  return async (call) => {
    const deadline = clock.now() + retryForMs;
    let notBefore = 0;
    let mayRepeat = true;
    const answer = await retry(
      async () => {
        const wait = notBefore - clock.now();
        if (wait > 0) await clock.sleep(wait, call.signal);
        mayRepeat = call.isRepeatable ?? true;
        try {
          const got = await requestAuthorized(call);
          if (got.status < 300) return got;
          let waitMs: number | undefined;
          if (got.status === 429) {
            mayRepeat = true; // it was turned away, not carried out
            waitMs = retryAfterMs(got.headers.get("retry-after"), clock);
            notBefore = clock.now() + waitMs;
          }
          const location = got.headers.get("location") ?? undefined;
          const { status, text } = got;
          throw errorFromAnswer({ ...call, status, text, location, retryAfterMs: waitMs }, words);
        } catch (error) {
          if (!(error instanceof NoAnswer)) throw error;
          mayRepeat ||= isUnsent(error.cause);
          throw errorFromConnection(call.action, words, describeTimeout(error.cause, requestTimeoutMs));
        }
      },
      {
        timeoutMs: retryForMs,
        signal: call.signal,
        clock,
        isRetriable: (error) => mayRepeat && notBefore < deadline && isRetriable(error),
        ...(options.random === undefined ? {} : { random: options.random }),
      },
    );
    return parseAnswer(call, answer.text, words);
  };
}

interface Answer {
  status: number;
  headers: { get(name: string): string | null };
  text: string;
}

/** Carries what `fetch` threw past the errors that are ours already. */
class NoAnswer extends Error {
  constructor(cause: unknown) {
    super("no answer", { cause });
  }
}

function describeTimeout(cause: unknown, timeoutMs: number): unknown {
  const isTimeout = cause instanceof Error && cause.name === "TimeoutError";
  return isTimeout ? new Error(`none within ${timeoutMs} ms`) : cause;
}

/** Retry-After is a number of seconds or a date. */
function retryAfterMs(header: string | null, clock: Clock): number {
  if (header === null) return DEFAULT_RETRY_AFTER_MS;
  if (/^\d+$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? DEFAULT_RETRY_AFTER_MS : Math.max(0, date - clock.now());
}

function parseAnswer<T>(call: Call<T>, text: string, words: ServiceWords): T {
  try {
    return call.schema.parse(text === "" ? undefined : JSON.parse(text));
  } catch (error) {
    throw new StargateError(
      "TailnetInvalid",
      `${call.action}: ${words.description} answered something that is not what its API promises`,
      { remedy: `Check that ${words.baseUrl} is the URL of that API.`, cause: error },
    );
  }
}
