import { UsageError } from "../lib/errors.ts";
import { createHeadscale } from "./headscale/headscale.ts";
import { createManualTailnet } from "./manual.ts";
import type { Tailnet } from "./tailnet.ts";
import { createTailscale } from "./tailscale/tailscale.ts";

/** What the flags and the environment say about the tailnet. Empty strings count as not given. */
export interface TailnetGiven {
  /** A hand-made auth key that routers are to join with. */
  authKey?: string | undefined;
  /** An OAuth client of Tailscale. */
  clientId?: string | undefined;
  clientSecret?: string | undefined;
  /** An API access token of Tailscale, or an API key of the Headscale at `tailnetUrl`. */
  apiKey?: string | undefined;
  /** The API of another control plane: a Headscale server, or a service with Tailscale's API ending in /api/v2. */
  tailnetUrl?: string | undefined;
  /** Where devices log in, if not at Tailscale's own or at `tailnetUrl`. */
  loginServer?: string | undefined;
}

/** Which API is used with which credential, and whether routers join with a key given or with one made for them. */
export type TailnetChoice =
  | { api: "none"; authKey: string; loginServer: string | undefined }
  | {
      api: "tailscale";
      credentials: { apiKey: string } | { clientId: string; clientSecret: string };
      baseUrl: string | undefined;
      authKey: string | undefined;
      loginServer: string | undefined;
    }
  | {
      api: "headscale";
      url: string;
      apiKey: string;
      authKey: string | undefined;
      loginServer: string | undefined;
    };

/**
 * Decides from what was given; undefined where nothing was (the caller then uses the lab's tailnet).
 *
 * - An OAuth client is preferred to an API key, because its rights can be limited to what we need.
 * - An auth key is used for joining even where the API could make one: whoever gives it wants it used.
 * - A URL means Headscale, unless it ends in /api/v2 or comes with an OAuth client.
 *
 * @throws UsageError for half a credential, two that contradict each other, or a credential of the wrong kind
 */
export function decideTailnet(asGiven: TailnetGiven): TailnetChoice | undefined {
  const given = trimmed(asGiven);
  const { clientId, clientSecret, apiKey, authKey } = given;
  const url = parseUrl(given.tailnetUrl, "The tailnet's URL");
  const loginServer = parseUrl(given.loginServer, "The login server");
  if ((clientId === undefined) !== (clientSecret === undefined)) {
    const missing = clientId === undefined ? "id" : "secret";
    throw new UsageError(
      `The Tailscale OAuth client has no ${missing}`,
      "Give both its id and its secret, or neither.",
    );
  }
  checkAuthKey(authKey);

  if (clientId !== undefined && clientSecret !== undefined) {
    const credentials = { clientId, clientSecret };
    return { api: "tailscale", credentials, baseUrl: url && apiBase(url), authKey, loginServer };
  }
  if (apiKey !== undefined) {
    checkApiKey(apiKey, url);
    return url === undefined || url.endsWith("/api/v2")
      ? { api: "tailscale", credentials: { apiKey }, baseUrl: url, authKey, loginServer }
      : { api: "headscale", url, apiKey, authKey, loginServer };
  }
  if (authKey !== undefined) return { api: "none", authKey, loginServer: loginServer ?? url };
  if (url !== undefined || loginServer !== undefined) {
    throw new UsageError(
      `A tailnet was named (${url ?? loginServer}) but no credential for it`,
      "Give an API key, an OAuth client or an auth key of it.",
    );
  }
  return undefined;
}

/**
 * The tailnet that was given, or undefined where nothing was. See decideTailnet for what wins. `retryForMs` 0 is for a
 * caller that asks again by itself.
 */
export function chooseTailnet(given: TailnetGiven, times: { retryForMs?: number } = {}): Tailnet | undefined {
  const choice = decideTailnet(given);
  if (choice === undefined) return undefined;
  switch (choice.api) {
    case "none":
      return createManualTailnet(choice);
    case "tailscale":
      return joiningWith(choice.authKey, createTailscale({ ...choice, ...times }));
    case "headscale":
      return joiningWith(choice.authKey, createHeadscale({ ...choice, ...times }));
  }
}

/**
 * The tailnet, with routers joining by a key that somebody made. Such a key is not ours to revoke, and devices carry
 * ROUTER_TAG only if its maker gave it that tag.
 */
function joiningWith(authKey: string | undefined, tailnet: Tailnet): Tailnet {
  if (authKey === undefined) return tailnet;
  const manual = createManualTailnet({ authKey });
  return {
    ...tailnet,
    // The right to make keys is not needed then, and a client for routes alone need not have it.
    checkAccess: async (signal) => void (await tailnet.listDevices(signal)),
    createRouterKey: async (options) => manual.createRouterKey(options),
  };
}

function trimmed(given: TailnetGiven): TailnetGiven {
  return {
    authKey: trimmedText(given.authKey),
    clientId: trimmedText(given.clientId),
    clientSecret: trimmedText(given.clientSecret),
    apiKey: trimmedText(given.apiKey),
    tailnetUrl: trimmedText(given.tailnetUrl),
    loginServer: trimmedText(given.loginServer),
  };
}

function trimmedText(value: string | undefined): string | undefined {
  const text = value?.trim();
  return text === "" ? undefined : text;
}

function parseUrl(text: string | undefined, what: string): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new UsageError(`${what} is not a URL: ${text}`, "Write it like https://headscale.example.com.");
  }
  if (url.username !== "" || url.password !== "") {
    throw new UsageError(`${what} holds a password`, "Give the credential by itself, without it in the URL.");
  }
  return url.href.replace(/\/+$/, "");
}

function apiBase(url: string): string {
  return url.endsWith("/api/v2") ? url : `${url}/api/v2`;
}

/** Mixed-up credentials are the commonest mistake here, and their prefixes tell. */
function checkAuthKey(authKey: string | undefined): void {
  if (authKey === undefined) return;
  if (/^(tskey|hskey)-api-/.test(authKey)) {
    throw new UsageError(
      "The auth key given is an API key, with which no router can join",
      "Give it as the API key instead; keys for routers are then made for you.",
    );
  }
  if (/^(tskey|hskey)-client-/.test(authKey)) {
    throw new UsageError(
      "The auth key given is an OAuth client's secret, which must not be put on a router",
      "Give it as the client secret, together with the client id; keys for routers are then made for you.",
    );
  }
}

function checkApiKey(apiKey: string, url: string | undefined): void {
  if (/^(tskey|hskey)-auth-/.test(apiKey)) {
    throw new UsageError(
      "The API key given is an auth key, which the API does not accept",
      "Give it as the auth key, or make an API key.",
    );
  }
  if (apiKey.startsWith("tskey-client-")) {
    throw new UsageError(
      "The API key given is an OAuth client's secret",
      "Give it as the client secret, together with the client id.",
    );
  }
  if (apiKey.startsWith("hskey-") && url === undefined) {
    throw new UsageError(
      "An API key of Headscale was given, but not where Headscale is",
      "Give the URL of the Headscale server too.",
    );
  }
}
