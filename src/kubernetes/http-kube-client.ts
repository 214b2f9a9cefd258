import { z } from "zod";
import { StargateError } from "../lib/errors.ts";
import { errorFromWatch } from "./api-errors.ts";
import type { KubeClient, ListOptions, ListResult, ObjectRef, ResourceType, WatchEvent } from "./client.ts";
import { createTransport, type Transport } from "./http-transport.ts";
import { jsonLines } from "./json-lines.ts";
import { loadCredentials, type KubeconfigSource } from "./kubeconfig.ts";
import { describeResource, resourcePath } from "./resource-path.ts";

/** Owner of the fields we apply, unless a caller names another. */
export const FIELD_MANAGER = "stargate";

/** Of a list: long enough to be few, short enough for their text not to be most of our memory. */
const PAGE_SIZE = "250";
/** The server ends a watch after this long and the watcher asks anew, which moves load off a busy server. */
const WATCH_SECONDS = "600";

const Version = z.object({ gitVersion: z.string() });
const List = z.object({
  metadata: z.object({ resourceVersion: z.string().default(""), continue: z.string().default("") }),
  items: z.array(z.unknown()).nullable(),
});
const WatchLine = z.object({
  type: z.enum(["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]),
  object: z.unknown(),
});
const WithVersion = z.object({ metadata: z.object({ resourceVersion: z.string() }) });
const WithName = z.object({ metadata: z.object({ namespace: z.string().default(""), name: z.string() }) });

/**
 * A client for the API server that a kubeconfig names. Nothing is sent before the first call.
 * @throws StargateError KubeconfigMissing, KubeconfigInvalid
 */
export async function createKubeClient(source: KubeconfigSource): Promise<KubeClient> {
  const credentials = await loadCredentials(source);
  const transport = createTransport(credentials);
  return {
    server: credentials.server,
    caPem: credentials.caPem,
    ...readers(transport),
    ...writers(transport),
  };
}

type Readers = Pick<KubeClient, "readVersion" | "get" | "getIfExists" | "list" | "watch">;

function readers(transport: Transport): Readers {
  async function get<T>(type: ResourceType, ref: ObjectRef, schema: z.ZodType<T>, signal?: AbortSignal) {
    const action = `Cannot read ${describeResource(type, ref)}`;
    const answer = await transport.fetch({ action, method: "GET", path: resourcePath(type, ref), signal });
    return parse(schema, answer, action);
  }
  return {
    async readVersion(signal) {
      const action = "Cannot read the API server's version";
      const answer = await transport.fetch({ action, method: "GET", path: "/version", signal });
      return parse(Version, answer, action).gitVersion;
    },
    get,
    async getIfExists(type, ref, schema, signal) {
      try {
        return await get(type, ref, schema, signal);
      } catch (error) {
        if (error instanceof StargateError && error.reason === "ApiNotFound") return undefined;
        throw error;
      }
    },
    list: (type, schema, options = {}) => list(transport, type, schema, options),
    watch: (type, schema, options) => watch(transport, type, schema, options),
  };
}

async function list<T>(
  transport: Transport,
  type: ResourceType,
  schema: z.ZodType<T>,
  options: ListOptions,
): Promise<ListResult<T>> {
  const action = `Cannot list ${describeResource(type, { namespace: options.namespace ?? "" })}`;
  const items: T[] = [];
  let continueAt: string | undefined;
  for (;;) {
    const query = { ...selectors(options), limit: PAGE_SIZE, continue: continueAt };
    const path = resourcePath(type, { namespace: options.namespace });
    const answer = await transport.fetch({ action, method: "GET", path, query, signal: options.signal });
    const page = parse(List, answer, action);
    for (const item of page.items ?? []) {
      const object = parseOrReport(type, schema, item, options);
      if (object !== undefined) items.push(object);
    }
    continueAt = page.metadata.continue;
    if (continueAt === "") return { items, resourceVersion: page.metadata.resourceVersion };
  }
}

async function* watch<T>(
  transport: Transport,
  type: ResourceType,
  schema: z.ZodType<T>,
  options: ListOptions & { resourceVersion: string },
): AsyncGenerator<WatchEvent<T>> {
  const action = `Cannot watch ${describeResource(type, { namespace: options.namespace ?? "" })}`;
  const query = {
    ...selectors(options),
    watch: "true",
    allowWatchBookmarks: "true",
    resourceVersion: options.resourceVersion,
    timeoutSeconds: WATCH_SECONDS,
  };
  const path = resourcePath(type, { namespace: options.namespace });
  try {
    for await (const line of jsonLines(transport.stream({ action, path, query, signal: options.signal }))) {
      const event = parse(WatchLine, line, action);
      if (event.type === "ERROR") throw errorFromWatch(action, event.object);
      const { resourceVersion } = parse(WithVersion, event.object, action).metadata;
      if (event.type === "BOOKMARK") {
        yield { type: event.type, resourceVersion };
        continue;
      }
      const object = parseOrReport(type, schema, event.object, options);
      if (object !== undefined) yield { type: event.type, object, resourceVersion };
    }
  } catch (error) {
    if (options.signal?.aborted !== true) throw error;
  }
}

type Writers = Pick<KubeClient, "create" | "apply" | "mergePatch" | "delete" | "createSubresource">;

function writers(transport: Transport): Writers {
  return {
    async create(type, namespace, body, signal) {
      const name = WithName.safeParse(body).data?.metadata.name ?? "";
      const action = `Cannot create ${describeResource(type, { namespace, name })}`;
      const query = { fieldManager: FIELD_MANAGER, fieldValidation: "Strict" };
      await transport.fetch({
        action,
        method: "POST",
        path: resourcePath(type, { namespace }),
        query,
        body,
        signal,
      });
    },
    async apply(type, ref, body, options = {}) {
      const { subresource, fieldManager = FIELD_MANAGER, force = false, signal } = options;
      const action = `Cannot apply ${describeWrite(type, ref, subresource)}`;
      const answer = await transport.fetch({
        action,
        method: "PATCH",
        path: resourcePath(type, { ...ref, ...(subresource === undefined ? {} : { subresource }) }),
        query: { fieldManager, force: String(force) },
        contentType: "application/apply-patch+yaml",
        body,
        signal,
      });
      return parse(WithVersion, answer, action).metadata.resourceVersion;
    },
    async mergePatch(type, ref, patch, { subresource, signal } = {}) {
      const action = `Cannot change ${describeWrite(type, ref, subresource)}`;
      const answer = await transport.fetch({
        action,
        method: "PATCH",
        path: resourcePath(type, { ...ref, ...(subresource === undefined ? {} : { subresource }) }),
        query: { fieldManager: FIELD_MANAGER },
        contentType: "application/merge-patch+json",
        body: patch,
        signal,
      });
      return parse(WithVersion, answer, action).metadata.resourceVersion;
    },
    async delete(type, ref, { uid, resourceVersion, signal } = {}) {
      const preconditions = { uid, resourceVersion }; // JSON leaves out what is undefined
      try {
        await transport.fetch({
          action: `Cannot delete ${describeResource(type, ref)}`,
          method: "DELETE",
          path: resourcePath(type, ref),
          body: { propagationPolicy: "Background", preconditions },
          signal,
        });
      } catch (error) {
        if (!(error instanceof StargateError && error.reason === "ApiNotFound")) throw error;
      }
    },
    async createSubresource(type, ref, subresource, body, signal) {
      await transport.fetch({
        action: `Cannot create ${describeWrite(type, ref, subresource)}`,
        method: "POST",
        path: resourcePath(type, { ...ref, subresource }),
        body,
        signal,
      });
    },
  };
}

function describeWrite(type: ResourceType, ref: ObjectRef, subresource: string | undefined): string {
  return `${subresource === undefined ? "" : `the ${subresource} of `}${describeResource(type, ref)}`;
}

function selectors({ labelSelector, fieldSelector }: ListOptions): Record<string, string | undefined> {
  return { labelSelector, fieldSelector };
}

function parseOrReport<T>(
  type: ResourceType,
  schema: z.ZodType<T>,
  object: unknown,
  { onUnreadable }: ListOptions,
): T | undefined {
  const action = `Cannot read ${describeResource(type, WithName.safeParse(object).data?.metadata)}`;
  try {
    return parse(schema, object, action);
  } catch (error) {
    if (onUnreadable === undefined || !(error instanceof StargateError)) throw error;
    onUnreadable(error);
    return undefined;
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown, action: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.map(String).join(".") || "(all)"}: ${issue.message}`);
  throw new StargateError(
    "ApiUnreadable",
    `${action}: the answer is not as expected (${issues.join("; ")})`,
    {
      remedy: "Check that the CustomResourceDefinitions are of this version: kubectl apply -f config/crd.",
    },
  );
}
