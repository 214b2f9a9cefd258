import { StargateError } from "../lib/errors.ts";

/** Tag every device and key of ours carries, so that clean-up can tell ours from others'. */
export const ROUTER_TAG = "tag:stargate-router";

export interface Device {
  id: string;
  /** The host name the device asked for. The tailnet may have made its DNS name unique with a suffix. */
  hostname: string;
  addresses: string[];
  tags: string[];
  online: boolean;
  /** Prefixes the device offers. */
  advertisedRoutes: string[];
  /** Prefixes that are approved. */
  enabledRoutes: string[];
  /** Prefixes that go through this device now; undefined where the API does not tell. */
  primaryRoutes: string[] | undefined;
}

export interface RouterKey {
  /** Undefined where the key was made by hand and we cannot revoke it. */
  id: string | undefined;
  key: string;
}

/**
 * The control plane of a tailnet: Tailscale's API or Headscale's. Every call may be repeated.
 *
 * Errors are StargateError: TailnetUnauthorized (401), TailnetForbidden (403, names the missing scope),
 * TailnetNotFound, TailnetConflict, TailnetThrottled (a ThrottledError) and TailnetUnavailable (both retriable,
 * already retried with Retry-After), TailnetInvalid.
 */
export interface Tailnet {
  /** For messages: "Tailscale" or "Headscale at http://…". */
  readonly description: string;
  /** URL given to `tailscale up --login-server`; undefined for Tailscale's own. */
  readonly loginServer: string | undefined;
  /** Proves that the credentials can do what will be needed, before anything is made. */
  checkAccess(signal?: AbortSignal): Promise<void>;
  /** Makes a single-use, tagged, pre-approved key that lives for `ttlSeconds`. */
  createRouterKey(
    options: { description: string; ttlSeconds: number },
    signal?: AbortSignal,
  ): Promise<RouterKey>;
  revokeRouterKey(id: string, signal?: AbortSignal): Promise<void>;
  /** Ids of the keys with our tag that still let a device in: what runs that were cut off have left. */
  listRouterKeys(signal?: AbortSignal): Promise<string[]>;
  listDevices(signal?: AbortSignal): Promise<Device[]>;
  /** Approves exactly these routes of the device (the API replaces the set). */
  approveRoutes(deviceId: string, routes: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Removes the device; one that is gone already is fine. */
  deleteDevice(deviceId: string, signal?: AbortSignal): Promise<void>;
}

/** Too many calls: the service wants to be left alone for a while. */
export class ThrottledError extends StargateError {
  readonly retryAfterMs: number;

  constructor(message: string, remedy: string | undefined, retryAfterMs: number) {
    super("TailnetThrottled", message, { retriable: true, ...(remedy === undefined ? {} : { remedy }) });
    this.retryAfterMs = retryAfterMs;
  }
}
