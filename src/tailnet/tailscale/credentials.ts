import { systemClock, type Clock } from "../../lib/clock.ts";
import { StargateError } from "../../lib/errors.ts";
import { addSecret } from "../../lib/redact.ts";
import { createJsonHttp, type HttpOptions } from "../http.ts";
import { Token } from "./schemas.ts";

/** An API access token of a user, or an OAuth client (the only kind that can be limited to what we need). */
export type TailscaleCredentials = { apiKey: string } | { clientId: string; clientSecret: string };

/** A token is replaced this long before it runs out, so that none runs out on its way. */
const EARLY_MS = 5 * 60_000;

type Authorization = Pick<HttpOptions, "authorize" | "renew">;

/** How calls are authorized: by the key itself, or by tokens fetched for the OAuth client when they are needed. */
export function authorizationOf(
  credentials: TailscaleCredentials,
  http: HttpOptions,
): Required<Authorization> {
  if ("apiKey" in credentials) {
    const { apiKey } = credentials;
    addSecret(apiKey);
    return { authorize: async () => `Bearer ${apiKey}`, renew: () => undefined };
  }
  return oauthTokens(credentials, http);
}

function oauthTokens(
  client: { clientId: string; clientSecret: string },
  http: HttpOptions,
): Required<Authorization> {
  addSecret(client.clientSecret);
  const clock: Clock = http.clock ?? systemClock;
  const call = createJsonHttp(http);
  let current: { authorization: Promise<string>; goodUntil: number } | undefined;

  async function fetchToken(): Promise<{ authorization: string; goodUntil: number }> {
    const action = "Cannot get a token for the Tailscale OAuth client";
    const asked = clock.now();
    try {
      const token = await call({
        action,
        method: "POST",
        path: "/oauth/token",
        body: new URLSearchParams({
          grant_type: "client_credentials",
          client_id: client.clientId,
          client_secret: client.clientSecret,
        }),
        schema: Token,
      });
      addSecret(token.access_token);
      const lifeMs = token.expires_in * 1000;
      return {
        authorization: `Bearer ${token.access_token}`,
        goodUntil: asked + Math.max(lifeMs - EARLY_MS, lifeMs / 2),
      };
    } catch (error) {
      // RFC 6749 lets a service answer 400 for a client it does not know.
      if (!(error instanceof StargateError) || error.reason !== "TailnetInvalid") throw error;
      throw new StargateError("TailnetUnauthorized", error.message, {
        remedy: http.words.unauthorizedRemedy,
        cause: error,
      });
    }
  }

  return {
    async authorize(signal) {
      if (current === undefined || current.goodUntil <= clock.now()) {
        // Calls at the same time share one token, so no single caller's signal may end the fetching of it.
        const fetched = fetchToken();
        const entry = {
          authorization: fetched.then(({ authorization }) => authorization),
          goodUntil: Number.POSITIVE_INFINITY,
        };
        current = entry;
        fetched.then(
          ({ goodUntil }) => (entry.goodUntil = goodUntil),
          () => {
            if (current === entry) current = undefined;
          },
        );
      }
      return unlessAborted(current.authorization, signal);
    },
    renew() {
      current = undefined;
    },
  };
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
