import { z } from "zod";
import { systemClock, type Clock } from "../../lib/clock.ts";
import { StargateError } from "../../lib/errors.ts";
import { addSecret } from "../../lib/redact.ts";
import { createJsonHttp } from "../http.ts";
import { ROUTER_TAG, type Device, type Tailnet } from "../tailnet.ts";
import { CreatedKey, CreatedUser, KeyList, NodeList, UserList, type Node } from "./schemas.ts";

/** The one Headscale user that keys of ours are made for. Devices that join with them belong to their tag. */
const USER = "stargate";

export interface HeadscaleOptions {
  /** Where its REST API is, as reached from here. */
  url: string;
  apiKey: string;
  /** Where devices reach it, if that is another URL. */
  loginServer?: string | undefined;
  clock?: Clock;
  requestTimeoutMs?: number;
  retryForMs?: number;
}

/**
 * The tailnet of a Headscale server, by its REST API v1 (releases up to 0.29).
 *
 * Seen on 0.29.2: a key made by the API may carry any tag, whether or not a policy names owners for it, so none is
 * needed and none is written here. With no policy at all every device may reach every other. A second user of the
 * same name is refused with 500, and approving routes of a device that is gone with 400.
 */
export function createHeadscale(options: HeadscaleOptions): Tailnet {
  const { url, apiKey, loginServer = url, clock = systemClock, ...times } = options;
  const description = `Headscale at ${url}`;
  addSecret(apiKey);
  const call = createJsonHttp({
    words: {
      description,
      baseUrl: url,
      unauthorizedRemedy: "Make a new API key on the Headscale server: headscale apikeys create.",
      forbiddenRemedy: () => "Use an API key made on the Headscale server: headscale apikeys create.",
    },
    authorize: async () => `Bearer ${apiKey}`,
    clock,
    ...times,
  });

  async function findUser(signal?: AbortSignal): Promise<string | undefined> {
    const { users } = await call({
      action: `Cannot look up the user ${USER}`,
      method: "GET",
      path: "/api/v1/user",
      query: { name: USER },
      schema: UserList,
      signal,
    });
    return users.find((user) => user.name === USER)?.id;
  }

  async function ensureUser(signal?: AbortSignal): Promise<string> {
    const known = await findUser(signal);
    if (known !== undefined) return known;
    try {
      const { user } = await call({
        action: `Cannot make the user ${USER}`,
        method: "POST",
        path: "/api/v1/user",
        body: { name: USER },
        schema: CreatedUser,
        isRepeatable: false,
        signal,
      });
      return user.id;
    } catch (error) {
      // Another run may have made it between the two calls; that looks like any other 500.
      signal?.throwIfAborted();
      const madeByAnother = await findUser(signal);
      if (madeByAnother === undefined) throw error;
      return madeByAnother;
    }
  }

  return {
    description,
    loginServer,

    async checkAccess(signal) {
      await findUser(signal);
    },

    async createRouterKey({ description: purpose, ttlSeconds }, signal) {
      const user = await ensureUser(signal);
      const { preAuthKey } = await call({
        action: `Cannot make a key for ${purpose}`,
        method: "POST",
        path: "/api/v1/preauthkey",
        body: {
          user,
          reusable: false,
          ephemeral: false,
          expiration: new Date(clock.now() + ttlSeconds * 1000).toISOString(),
          aclTags: [ROUTER_TAG],
        },
        schema: CreatedKey,
        isRepeatable: false,
        signal,
      });
      addSecret(preAuthKey.key);
      return preAuthKey;
    },

    async revokeRouterKey(id, signal) {
      await call({
        action: `Cannot revoke the key ${id}`,
        method: "POST",
        path: "/api/v1/preauthkey/expire",
        body: { id },
        schema: z.unknown(),
        signal,
      });
    },

    async listRouterKeys(signal) {
      const { preAuthKeys } = await call({
        action: "Cannot list the keys of the tailnet",
        method: "GET",
        path: "/api/v1/preauthkey",
        schema: KeyList,
        signal,
      });
      const isOver = (time: string | null | undefined) => Date.parse(time ?? "") <= clock.now();
      return preAuthKeys
        .filter(
          ({ aclTags, used, expiration }) => aclTags.includes(ROUTER_TAG) && !used && !isOver(expiration),
        )
        .map(({ id }) => id);
    },

    async listDevices(signal) {
      const { nodes } = await call({
        action: "Cannot list the devices of the tailnet",
        method: "GET",
        path: "/api/v1/node",
        schema: NodeList,
        signal,
      });
      return nodes.map(deviceOf);
    },

    async approveRoutes(deviceId, routes, signal) {
      const action = `Cannot approve routes of device ${deviceId}`;
      try {
        await call({
          action,
          method: "POST",
          path: `/api/v1/node/${encodeURIComponent(deviceId)}/approve_routes`,
          body: { routes },
          schema: z.unknown(),
          signal,
        });
      } catch (error) {
        if (!(error instanceof StargateError) || error.reason !== "TailnetInvalid") throw error;
        if (!error.message.includes("no longer exists")) throw error;
        throw new StargateError("TailnetNotFound", `${action}: it is gone`, { cause: error });
      }
    },

    async deleteDevice(deviceId, signal) {
      try {
        await call({
          action: `Cannot remove device ${deviceId}`,
          method: "DELETE",
          path: `/api/v1/node/${encodeURIComponent(deviceId)}`,
          schema: z.unknown(),
          signal,
        });
      } catch (error) {
        if (!(error instanceof StargateError) || error.reason !== "TailnetNotFound") throw error;
      }
    },
  };
}

function deviceOf(node: Node): Device {
  return {
    id: node.id,
    hostname: node.name,
    addresses: node.ipAddresses,
    tags: node.tags,
    online: node.online,
    advertisedRoutes: node.availableRoutes,
    enabledRoutes: node.approvedRoutes,
    primaryRoutes: node.subnetRoutes,
  };
}
