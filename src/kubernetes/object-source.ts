import type { z } from "zod";
import type { ObjectSource } from "../controller-runtime/informer.ts";
import type { Log } from "../lib/log.ts";
import type { KubeClient, ResourceType } from "./client.ts";

export interface ObjectSourceOptions {
  /** For logs. An object that does not fit the schema is logged and left out: one odd object stops no others. */
  log: Log;
  /** Default: every namespace. */
  namespace?: string | undefined;
  labelSelector?: string;
  fieldSelector?: string;
}

/** The objects of one type, for an informer. */
export function objectSource<T>(
  client: KubeClient,
  type: ResourceType,
  schema: z.ZodType<T>,
  { log, namespace, labelSelector, fieldSelector }: ObjectSourceOptions,
): ObjectSource<T> {
  const options = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
    onUnreadable: (error: Error) => log.warn("an object is left out", { error: error.message }),
  };
  return {
    list: (signal) => client.list(type, schema, { ...options, signal }),
    watch: (resourceVersion, signal) => client.watch(type, schema, { ...options, resourceVersion, signal }),
  };
}
