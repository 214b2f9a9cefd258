import { z } from "zod";
import { systemClock, type Clock } from "../../lib/clock.ts";
import { StargateError } from "../../lib/errors.ts";
import { addSecret } from "../../lib/redact.ts";
import type { ServiceWords } from "../http-errors.ts";
import { createJsonHttp, type HttpOptions } from "../http.ts";
import { ROUTER_TAG, type Device, type Tailnet } from "../tailnet.ts";
import { authorizationOf, type TailscaleCredentials } from "./credentials.ts";
import { ApiKey, CreatedKey, DeviceList, KeyList, type ApiDevice } from "./schemas.ts";

const API = "https://api.tailscale.com/api/v2";
/** The tailnet that the credential belongs to. */
const OWN = "/tailnet/-";
/** Tailscale refuses longer descriptions of keys. */
const MAX_DESCRIPTION = 50;

export interface TailscaleOptions {
  credentials: TailscaleCredentials;
  /** Another service with the same API, ending in /api/v2. Its devices then log in at the same host. */
  baseUrl?: string | undefined;
  /** Where devices log in, if not at Tailscale's own or the host of `baseUrl`. */
  loginServer?: string | undefined;
  clock?: Clock;
  requestTimeoutMs?: number;
  retryForMs?: number;
}

/**
 * A tailnet of Tailscale, by its API v2. The credential needs the scopes devices:core, devices:routes and auth_keys;
 * an OAuth client must also have the tag ROUTER_TAG, which the tailnet's policy must name under tagOwners.
 */
export function createTailscale(options: TailscaleOptions): Tailnet {
  const { credentials, clock = systemClock, baseUrl = API } = options;
  const words = wordsFor(baseUrl, credentials);
  const http: HttpOptions = {
    words,
    clock,
    ...(options.requestTimeoutMs === undefined ? {} : { requestTimeoutMs: options.requestTimeoutMs }),
    ...(options.retryForMs === undefined ? {} : { retryForMs: options.retryForMs }),
  };
  const { authorize, renew } = authorizationOf(credentials, http);
  const call = createJsonHttp({ ...http, authorize, ...("apiKey" in credentials ? {} : { renew }) });
  const ownHost = baseUrl === API ? undefined : new URL(baseUrl).origin;

  async function listDevices(signal?: AbortSignal): Promise<Device[]> {
    const { devices } = await call({
      action: "Cannot list the devices of the tailnet",
      method: "GET",
      path: `${OWN}/devices`,
      query: { fields: "all" }, // without it the routes are left out
      schema: DeviceList,
      needs: "devices:core",
      signal,
    });
    return devices.map(deviceOf);
  }

  return {
    description: words.description,
    loginServer: options.loginServer ?? ownHost,
    listDevices,

    /** Making keys and approving routes cannot be tried without doing them, so those scopes show at their first use. */
    async checkAccess(signal) {
      await listDevices(signal);
      await call({
        action: "Cannot look at the auth keys of the tailnet",
        method: "GET",
        path: `${OWN}/keys`,
        schema: z.unknown(),
        needs: "auth_keys",
        signal,
      });
    },

    async createRouterKey({ description, ttlSeconds }, signal) {
      const made = await call({
        action: `Cannot make a key for ${description}`,
        method: "POST",
        path: `${OWN}/keys`,
        body: {
          capabilities: {
            devices: {
              create: { reusable: false, ephemeral: false, preauthorized: true, tags: [ROUTER_TAG] },
            },
          },
          expirySeconds: ttlSeconds,
          description: description.replaceAll(/[^A-Za-z0-9 -]/g, "-").slice(0, MAX_DESCRIPTION),
        },
        schema: CreatedKey,
        isRepeatable: false,
        needs: "auth_keys",
        signal,
      }).catch((error: unknown) => {
        throw withTagRemedy(error);
      });
      addSecret(made.key);
      return made;
    },

    async revokeRouterKey(id, signal) {
      await unlessGone(
        call({
          action: `Cannot revoke the key ${id}`,
          method: "DELETE",
          path: `${OWN}/keys/${encodeURIComponent(id)}`,
          schema: z.unknown(),
          needs: "auth_keys",
          signal,
        }),
      );
    },

    async listRouterKeys(signal) {
      const needs = "auth_keys";
      const { keys } = await call({
        action: "Cannot list the auth keys of the tailnet",
        method: "GET",
        path: `${OWN}/keys`,
        query: { all: "true" },
        schema: KeyList,
        needs,
        signal,
      });
      const ours: string[] = [];
      for (const { id } of keys) {
        // The list tells nothing but ids.
        const key = await unlessGone(
          call({
            action: `Cannot look at the key ${id}`,
            method: "GET",
            path: `${OWN}/keys/${encodeURIComponent(id)}`,
            schema: ApiKey,
            needs,
            signal,
          }),
        );
        const isValid = key !== undefined && key.revoked === undefined && !key.invalid;
        if (isValid && key.capabilities?.devices?.create?.tags?.includes(ROUTER_TAG) === true) ours.push(id);
      }
      return ours;
    },

    async approveRoutes(deviceId, routes, signal) {
      await call({
        action: `Cannot approve routes of device ${deviceId}`,
        method: "POST",
        path: `/device/${encodeURIComponent(deviceId)}/routes`,
        body: { routes },
        schema: z.unknown(),
        needs: "devices:routes",
        signal,
      });
    },

    async deleteDevice(deviceId, signal) {
      await unlessGone(
        call({
          action: `Cannot remove device ${deviceId}`,
          method: "DELETE",
          path: `/device/${encodeURIComponent(deviceId)}`,
          schema: z.unknown(),
          needs: "devices:core",
          signal,
        }),
      );
    },
  };
}

function wordsFor(baseUrl: string, credentials: TailscaleCredentials): ServiceWords {
  const settings = "https://login.tailscale.com/admin/settings";
  return {
    description: baseUrl === API ? "Tailscale" : `Tailscale's API at ${baseUrl}`,
    baseUrl,
    unauthorizedRemedy:
      "apiKey" in credentials
        ? `The API access token is wrong, expired or revoked. Make a new one: ${settings}/keys.`
        : `The OAuth client id or secret is wrong or revoked. Make a new OAuth client: ${settings}/oauth.`,
    forbiddenRemedy: (needs) =>
      `Give the credential the scope ${needs ?? "it lacks"} (all in all: devices:core, devices:routes and auth_keys, ` +
      `with the tag ${ROUTER_TAG}): ${settings}/oauth.`,
  };
}

/** The likeliest first mistake: the policy does not know our tag, or the OAuth client does not own it. */
function withTagRemedy(error: unknown): unknown {
  const isAboutTags =
    error instanceof StargateError && error.reason === "TailnetInvalid" && /\btags?\b/.test(error.message);
  if (!isAboutTags) return error;
  return new StargateError("TailnetInvalid", error.message, {
    remedy:
      `Add "${ROUTER_TAG}": ["autogroup:admin"] to tagOwners in the tailnet's policy, ` +
      `and give the OAuth client the tag ${ROUTER_TAG}.`,
    cause: error,
  });
}

async function unlessGone<T>(done: Promise<T>): Promise<T | undefined> {
  try {
    return await done;
  } catch (error) {
    if (!(error instanceof StargateError) || error.reason !== "TailnetNotFound") throw error;
    return undefined;
  }
}

function deviceOf(device: ApiDevice): Device {
  return {
    id: device.nodeId,
    hostname: device.hostname,
    addresses: device.addresses,
    tags: device.tags,
    // Where the first is missing, the second is there only for a device that is gone from the control plane.
    online: device.connectedToControl ?? (device.lastSeen === undefined || device.lastSeen === null),
    advertisedRoutes: device.advertisedRoutes,
    enabledRoutes: device.enabledRoutes,
    primaryRoutes: undefined,
  };
}
