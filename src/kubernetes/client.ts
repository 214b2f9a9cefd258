import type { z } from "zod";
import type { StargateError } from "../lib/errors.ts";

/** Names a resource type: core is { group: "", version: "v1", plural: "nodes" }. */
export interface ResourceType {
  group: string;
  version: string;
  plural: string;
  namespaced: boolean;
}

export interface ObjectRef {
  /** "" for cluster-scoped objects. */
  namespace: string;
  name: string;
}

export interface ListResult<T> {
  items: T[];
  resourceVersion: string;
}

export type WatchEvent<T> =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: T; resourceVersion: string }
  | { type: "BOOKMARK"; resourceVersion: string };

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Called for an object that does not fit the schema, which is then left out. Default: throw. */
  onUnreadable?: (error: StargateError) => void;
  signal?: AbortSignal | undefined;
}

/**
 * A thin typed layer over the API server's HTTP interface; credentials come from a kubeconfig through the official
 * client. What comes in is parsed by a schema; what goes out is only what we own (server-side apply, patches).
 *
 * Errors are StargateError. Final: ApiNotFound, ApiForbidden, ApiUnauthorized, ApiInvalid, ApiConflict,
 * ApiAlreadyExists, ApiUntrusted (another certificate), ApiUnreadable (an answer that does not fit the schema).
 * Retriable: ApiUnavailable (no connection, 5xx, 403 while the server is starting), ApiThrottled (429), ApiTypeMissing
 * (404 for the whole resource type: its CRD is not there yet). ApiExpired (410) asks a watcher to list again.
 */
export interface KubeClient {
  /** URL of the API server. */
  readonly server: string;
  /** PEM of the API server's certificate authority, from the kubeconfig. */
  readonly caPem: string;
  /** git version of the API server, for instance v1.37.2. */
  readVersion(signal?: AbortSignal): Promise<string>;
  /** @throws ApiNotFound */
  get<T>(type: ResourceType, ref: ObjectRef, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T>;
  getIfExists<T>(
    type: ResourceType,
    ref: ObjectRef,
    schema: z.ZodType<T>,
    signal?: AbortSignal,
  ): Promise<T | undefined>;
  list<T>(type: ResourceType, schema: z.ZodType<T>, options?: ListOptions): Promise<ListResult<T>>;
  /** Streams changes after resourceVersion until the signal aborts or the server ends the watch. */
  watch<T>(
    type: ResourceType,
    schema: z.ZodType<T>,
    options: ListOptions & { resourceVersion: string },
  ): AsyncIterable<WatchEvent<T>>;
  create(type: ResourceType, namespace: string, body: object, signal?: AbortSignal): Promise<void>;
  /**
   * Server-side apply under our field manager. `subresource: "status"` writes only the status.
   * @returns the resource version it led to
   */
  apply(type: ResourceType, ref: ObjectRef, body: object, options?: ApplyOptions): Promise<string>;
  /** JSON merge patch. @returns the resource version it led to */
  mergePatch(type: ResourceType, ref: ObjectRef, patch: object, options?: PatchOptions): Promise<string>;
  /** Deletes; an object that is gone already is fine. */
  delete(type: ResourceType, ref: ObjectRef, options?: DeleteOptions): Promise<void>;
  /** POST to a subresource, for instance pods/eviction. */
  createSubresource(
    type: ResourceType,
    ref: ObjectRef,
    subresource: string,
    body: object,
    signal?: AbortSignal,
  ): Promise<void>;
}

export interface ApplyOptions {
  subresource?: "status";
  fieldManager?: string;
  force?: boolean;
  signal?: AbortSignal | undefined;
}

export interface PatchOptions {
  subresource?: "status";
  signal?: AbortSignal | undefined;
}

export interface DeleteOptions {
  /** Deletes only the object with this UID. */
  uid?: string;
  /** Deletes it only as it was at this version, and throws ApiConflict where somebody has changed it since. */
  resourceVersion?: string;
  signal?: AbortSignal | undefined;
}
