import type { z } from "zod";
import { StargateError } from "../../lib/errors.ts";
import type { KubeClient, ObjectRef, ResourceType } from "../../kubernetes/client.ts";

type Json = Record<string, unknown>;

/**
 * A cluster in memory for stories that have to be quick: resourceVersions, uid preconditions, merge patches,
 * finalizers, and status as a subresource, as the API server has them. test/controllers runs against a real one.
 */
export class FakeCluster implements KubeClient {
  readonly server = "https://127.0.0.1:6443";
  readonly caPem = "CA";
  version = "v1.37.2";
  readonly events: Json[] = [];
  /** Called before each write: a test may look, change something in between, or throw. */
  beforeWrite: (verb: string, plural: string, body: object) => void = () => undefined;
  readonly #objects = new Map<string, Json>();
  #version = 0;

  /** Puts an object there, as somebody else would. */
  put(type: ResourceType, object: object): void {
    const body = asJson(structuredClone(object));
    const meta = asJson(body["metadata"]);
    this.#store(type, { namespace: textOf(meta["namespace"]), name: textOf(meta["name"]) }, body);
  }

  /** What is there now, at once. */
  peek<T>(type: ResourceType, ref: ObjectRef, schema: z.ZodType<T>): T | undefined {
    const found = this.#objects.get(key(type, ref));
    return found === undefined ? undefined : schema.parse(structuredClone(found));
  }

  peekAll<T>(type: ResourceType, schema: z.ZodType<T>): T[] {
    return [...this.#objects]
      .filter(([at]) => at.startsWith(`${type.plural}/`))
      .map(([, object]) => schema.parse(structuredClone(object)));
  }

  async readVersion(): Promise<string> {
    return Promise.resolve(this.version);
  }

  async get<T>(type: ResourceType, ref: ObjectRef, schema: z.ZodType<T>): Promise<T> {
    return Promise.resolve(schema.parse(this.#existing(type, ref)));
  }

  async getIfExists<T>(type: ResourceType, ref: ObjectRef, schema: z.ZodType<T>): Promise<T | undefined> {
    return Promise.resolve(this.peek(type, ref, schema));
  }

  async list<T>(type: ResourceType, schema: z.ZodType<T>, { namespace }: { namespace?: string } = {}) {
    const prefix = `${type.plural}/${namespace === undefined ? "" : `${namespace}/`}`;
    const items = [...this.#objects].filter(([at]) => at.startsWith(prefix)).map(([, object]) => object);
    return Promise.resolve({
      items: items.map((object) => schema.parse(structuredClone(object))),
      resourceVersion: String(this.#version),
    });
  }

  // oxlint-disable-next-line require-yield -- nothing here watches: stories tell of changes themselves
  async *watch(): AsyncGenerator<never> {
    await Promise.reject(new Error("FakeCluster has no watch"));
  }

  async create(type: ResourceType, namespace: string, body: object): Promise<void> {
    this.beforeWrite("create", type.plural, body);
    const object = asJson(structuredClone(body));
    if (type.plural === "events") this.events.push(object);
    else {
      const ref = { namespace, name: textOf(asJson(object["metadata"])["name"]) };
      if (this.#objects.has(key(type, ref))) throw apiError("ApiAlreadyExists", type, ref);
      encodeStringData(object);
      this.#store(type, ref, object);
    }
    await Promise.resolve();
  }

  async apply(
    type: ResourceType,
    ref: ObjectRef,
    body: object,
    { subresource }: { subresource?: "status" } = {},
  ): Promise<string> {
    this.beforeWrite("apply", type.plural, body);
    if (subresource !== "status") throw new Error("FakeCluster applies statuses only");
    const object = this.#existing(type, ref);
    this.#checkPreconditions(type, ref, object, asJson(body)["metadata"]);
    this.#store(type, ref, { ...object, status: structuredClone(asJson(body)["status"]) });
    return Promise.resolve(String(this.#version));
  }

  async mergePatch(type: ResourceType, ref: ObjectRef, patch: object): Promise<string> {
    this.beforeWrite("patch", type.plural, patch);
    const object = this.#existing(type, ref);
    this.#checkPreconditions(type, ref, object, asJson(patch)["metadata"]);
    const merged = asJson(merge(object, structuredClone(patch)));
    encodeStringData(merged);
    this.#store(type, ref, merged);
    const meta = asJson(merged["metadata"]);
    if (meta["deletionTimestamp"] !== undefined && isEmpty(meta["finalizers"])) {
      this.#objects.delete(key(type, ref));
    }
    return Promise.resolve(String(this.#version));
  }

  async delete(type: ResourceType, ref: ObjectRef, { uid }: { uid?: string } = {}): Promise<void> {
    this.beforeWrite("delete", type.plural, ref);
    const object = this.#objects.get(key(type, ref));
    if (object === undefined) return;
    const meta = asJson(object["metadata"]);
    if (uid !== undefined && meta["uid"] !== uid) throw apiError("ApiConflict", type, ref);
    if (isEmpty(meta["finalizers"])) this.#objects.delete(key(type, ref));
    else {
      const deletionTimestamp = "2026-01-01T00:30:00Z";
      this.#store(type, ref, { ...object, metadata: { ...meta, deletionTimestamp } });
    }
    await Promise.resolve();
  }

  async createSubresource(type: ResourceType, ref: ObjectRef, subresource: string): Promise<void> {
    this.beforeWrite("create", `${type.plural}/${subresource}`, ref);
    this.#objects.delete(key(type, ref)); // the only one is an eviction
    await Promise.resolve();
  }

  #existing(type: ResourceType, ref: ObjectRef): Json {
    const object = this.#objects.get(key(type, ref));
    if (object === undefined) throw apiError("ApiNotFound", type, ref);
    return structuredClone(object);
  }

  #checkPreconditions(type: ResourceType, ref: ObjectRef, object: Json, wanted: unknown): void {
    const meta = asJson(object["metadata"]);
    for (const field of ["uid", "resourceVersion"]) {
      const value = asJson(wanted ?? {})[field];
      if (value !== undefined && value !== meta[field]) throw apiError("ApiConflict", type, ref);
    }
  }

  #store(type: ResourceType, ref: ObjectRef, object: Json): void {
    const meta = asJson(object["metadata"] ?? {});
    const filled = {
      uid: `uid-${++this.#version}`,
      creationTimestamp: "2026-01-01T00:00:00Z",
      ...meta,
      resourceVersion: String(++this.#version),
    };
    this.#objects.set(key(type, ref), { ...object, metadata: filled });
  }
}

function key(type: ResourceType, ref: ObjectRef): string {
  return `${type.plural}/${ref.namespace}/${ref.name}`;
}

function apiError(reason: string, type: ResourceType, ref: ObjectRef): StargateError {
  return new StargateError(reason, `${type.plural} ${ref.namespace}/${ref.name}: ${reason}`);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asJson(value: unknown): Json {
  if (!isObject(value)) throw new Error("FakeCluster holds objects only");
  return value;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function isEmpty(value: unknown): boolean {
  return !Array.isArray(value) || value.length === 0;
}

/** JSON merge patch: objects merge, null removes, everything else replaces. */
function merge(before: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result: Json = isObject(before) ? { ...before } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete result[field];
    else result[field] = merge(result[field], value);
  }
  return result;
}

function encodeStringData(object: Json): void {
  if (!isObject(object["stringData"])) return;
  const data = isObject(object["data"]) ? { ...object["data"] } : {};
  for (const [field, text] of Object.entries(object["stringData"])) {
    data[field] = Buffer.from(String(text)).toString("base64");
  }
  object["data"] = data;
  delete object["stringData"];
}
