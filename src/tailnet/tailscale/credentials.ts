import { systemClock, type Clock } from "../../lib/clock.ts";
import { addSecret } from "../../lib/redact.ts";
import { unlessAborted } from "../../lib/unless-aborted.ts";
import { createJsonHttp, type HttpOptions } from "../http.ts";
import { Token } from "./schemas.ts";

/** An API access token of a user, or an OAuth client (the only kind that can be limited to what we need). */
export type TailscaleCredentials = { apiKey: string } | { clientId: string; clientSecret: string };

/** A token is replaced this long before it runs out, so that none runs out on its way. */
const EARLY_MS = 5 * 60_000;

interface FetchedToken {
  authorization: string;
  goodUntil: number;
}

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
  let current: { token: Promise<FetchedToken>; got?: FetchedToken } | undefined;

  async function fetchToken(): Promise<FetchedToken> {
    const asked = clock.now();
    const token = await call({
      action: "Cannot get a token for the Tailscale OAuth client",
      method: "POST",
      path: "/oauth/token",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: client.clientId,
        client_secret: client.clientSecret,
      }),
      schema: Token,
      readStatusAs: { 400: 401 }, // RFC 6749 lets a service answer 400 for a client it does not know
    });
    addSecret(token.access_token);
    const lifeMs = token.expires_in * 1000;
    return {
      authorization: `Bearer ${token.access_token}`,
      goodUntil: asked + Math.max(lifeMs - EARLY_MS, lifeMs / 2),
    };
  }

  /** Calls at the same time share one fetching of a token, so no single caller's signal may end it. */
  async function sharedToken(): Promise<FetchedToken> {
    const isOver = current?.got !== undefined && current.got.goodUntil <= clock.now();
    if (current === undefined || isOver) current = { token: fetchToken() };
    const asked = current;
    try {
      return (asked.got = await asked.token);
    } catch (error) {
      if (current === asked) current = undefined;
      throw error;
    }
  }

  return {
    async authorize(signal) {
      const { authorization } = await unlessAborted(sharedToken(), signal);
      return authorization;
    },
    renew(refused) {
      // Several calls may be refused with one token; only the first of them is to throw it away.
      if (current?.got?.authorization === refused) current = undefined;
    },
  };
}
